namespace Fovea.Cpu.Arrangement;

/// <summary>Copies rows of a table that are chosen by numbers, and adds gradients to them.</summary>
/// <param name="rows">Rows of the table.</param>
/// <param name="width">Elements of a row.</param>
/// <param name="count">How many rows are chosen.</param>
/// <param name="pool">The threads to use.</param>
internal sealed unsafe class Gathering(int rows, int width, long count, WorkerPool pool)
{
    private const int TaskElements = 16 * 1024;

    private readonly int tasks = (int)Math.Clamp(count * width / TaskElements, 1, 4 * pool.ThreadCount);

    /// <summary>Copies the chosen rows; of a number that is no row, NaN.</summary>
    public void Forward(float* table, int* numbers, float* result)
    {
        var job = new ForwardJob(table, numbers, result, rows, width, count, tasks);
        pool.For(tasks, ref job);
    }

    /// <summary>
    /// Adds up what arrives at each row. A task owns some columns of all rows, so that the sums are in the order of the numbers on any
    /// number of threads.
    /// </summary>
    public void Backward(int* numbers, float* gradient, float* result)
    {
        int parts = Math.Clamp(width / 16, 1, tasks);
        var job = new BackwardJob(numbers, gradient, result, rows, width, count, parts);
        pool.For(parts, ref job);
    }

    private readonly struct ForwardJob(float* table, int* numbers, float* result, int rows, int width, long count, int tasks) : IPoolJob
    {
        public void Run(int item, int worker)
        {
            long end = (long)((Int128)count * (item + 1) / tasks);
            for (long i = (long)((Int128)count * item / tasks); i < end; i++)
            {
                var row = new Span<float>(result + (i * width), width);
                if ((uint)numbers[i] >= (uint)rows) row.Fill(float.NaN);
                else new ReadOnlySpan<float>(table + ((long)numbers[i] * width), width).CopyTo(row);
            }
        }
    }

    private readonly struct BackwardJob(int* numbers, float* gradient, float* result, int rows, int width, long count, int parts) : IPoolJob
    {
        public void Run(int item, int worker)
        {
            int first = (int)((long)width * item / parts), columns = (int)((long)width * (item + 1) / parts) - first;
            for (long row = 0; row < rows; row++) new Span<float>(result + (row * width) + first, columns).Clear();
            for (long i = 0; i < count; i++)
            {
                if ((uint)numbers[i] >= (uint)rows) continue;
                var sum = new Span<float>(result + ((long)numbers[i] * width) + first, columns);
                System.Numerics.Tensors.TensorPrimitives.Add(sum, new ReadOnlySpan<float>(gradient + (i * width) + first, columns), sum);
            }
        }
    }
}
