namespace Fovea.Cpu.Arrangement;

/// <summary>Copies runs of neighbours between arrays in which they lie at other distances, with zeros before and behind each.</summary>
/// <param name="runs">How many runs there are.</param>
/// <param name="length">Elements of a run.</param>
/// <param name="sourceStride">The distance between runs in the source.</param>
/// <param name="targetStride">The distance between runs in the target.</param>
/// <param name="pool">The threads to use.</param>
/// <param name="before">Zeros before a run.</param>
/// <param name="behind">Zeros behind a run.</param>
internal sealed unsafe class RunCopy(
    long runs, long length, long sourceStride, long targetStride, WorkerPool pool, long before = 0, long behind = 0)
{
    private const int TaskElements = 32 * 1024;

    private readonly int tasks = (int)Math.Clamp(runs * (before + length + behind) / TaskElements, 1, 4 * pool.ThreadCount);

    /// <summary>Copies.</summary>
    /// <param name="source">The first run.</param>
    /// <param name="target">Where its zeros begin.</param>
    public void Run(float* source, float* target)
    {
        var job = new Job(source, target, runs, length, sourceStride, targetStride, before, behind, tasks);
        pool.For(tasks, ref job);
    }

    private readonly struct Job(
        float* source, float* target, long runs, long length, long sourceStride, long targetStride, long before, long behind, int tasks)
        : IPoolJob
    {
        public void Run(int item, int worker)
        {
            // Tasks begin anywhere within a run: there may be one only.
            long total = runs * length, start = (long)((Int128)total * item / tasks), end = (long)((Int128)total * (item + 1) / tasks);
            while (start < end)
            {
                (long run, long at) = Math.DivRem(start, length);
                long count = Math.Min(length - at, end - start);
                float* to = target + (run * targetStride) + before;
                if (at == 0) Clear(to - before, before);
                Buffer.MemoryCopy(source + (run * sourceStride) + at, to + at, count * sizeof(float), count * sizeof(float));
                if (at + count == length) Clear(to + length, behind);
                start += count;
            }
        }

        private static void Clear(float* target, long count)
        {
            const long MostAtOnce = 1 << 30;
            for (; count > 0; count -= MostAtOnce, target += MostAtOnce) new Span<float>(target, (int)Math.Min(count, MostAtOnce)).Clear();
        }
    }
}
