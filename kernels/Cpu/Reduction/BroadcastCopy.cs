namespace Fovea.Cpu.Reduction;

/// <summary>The opposite of a sum: repeats each of the outer × inner elements along a new middle dimension.</summary>
/// <param name="outer">The first dimension.</param>
/// <param name="repeats">The new middle dimension.</param>
/// <param name="inner">The last dimension.</param>
internal sealed unsafe class BroadcastCopy(long outer, long repeats, long inner)
{
    private const long MostAtOnce = 1 << 30;

    /// <summary>Copies.</summary>
    /// <param name="x">outer × inner.</param>
    /// <param name="y">outer × repeats × inner; overwritten.</param>
    public void Run(float* x, float* y)
    {
        for (long o = 0; o < outer; o++, x += inner)
        {
            if (inner == 1)
            {
                for (long left = repeats; left > 0; left -= MostAtOnce)
                {
                    int count = (int)Math.Min(left, MostAtOnce);
                    new Span<float>(y, count).Fill(*x);
                    y += count;
                }
                continue;
            }
            long bytes = inner * sizeof(float);
            for (long r = 0; r < repeats; r++, y += inner) Buffer.MemoryCopy(x, y, bytes, bytes);
        }
    }
}
