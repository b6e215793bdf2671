using Fovea.Core.Random;

namespace Fovea.Cpu.Dropout;

/// <summary>
/// Sets elements to 0 with probability p and multiplies the others by 1/(1 − p). Which ones is a function of seed, step and position
/// alone, so that the backward pass finds the same ones without a stored mask. An instance serves one caller at a time.
/// </summary>
/// <remarks>
/// N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014; inverted scaling.
/// </remarks>
internal sealed unsafe class DropoutKernel
{
    private const int TaskElements = 8 * 1024;

    private readonly long count;
    private readonly ulong seed, stream;
    private readonly uint threshold;
    private readonly float scale;
    private readonly WorkerPool pool;
    private readonly Action<int, int> runTask;
    private float* input, output;
    private ulong step;

    /// <summary>Prepares dropout of one size.</summary>
    /// <param name="count">How many elements.</param>
    /// <param name="probability">The probability of being dropped, at least 0 and less than 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The layer's number.</param>
    /// <param name="pool">The threads to use.</param>
    public DropoutKernel(long count, float probability, ulong seed, uint stream, WorkerPool pool)
    {
        (this.count, this.seed, this.stream, this.pool) = (count, seed, stream, pool);
        threshold = (uint)Math.Round(probability * 4294967296.0);
        scale = 1f / (1f - probability);
        runTask = RunTask;
    }

    /// <summary>Drops elements of an activation, or of its gradient.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="y">The result; may be the same place.</param>
    /// <param name="trainingStep">The number of the training step: each has a mask of its own.</param>
    public void Run(float* x, float* y, int trainingStep)
    {
        input = x;
        output = y;
        step = (uint)trainingStep;
        pool.For((int)((count + TaskElements - 1) / TaskElements), runTask);
    }

    private void RunTask(int task, int worker)
    {
        long start = (long)task * TaskElements, end = Math.Min(count, start + TaskElements);
        for (; start < end; start += 4)
        {
            PhiloxBlock block = Philox.Block(seed, (ulong)start >> 2, (step << 32) | stream);
            output[start] = block.X < threshold ? 0 : input[start] * scale;
            if (start + 1 < end) output[start + 1] = block.Y < threshold ? 0 : input[start + 1] * scale;
            if (start + 2 < end) output[start + 2] = block.Z < threshold ? 0 : input[start + 2] * scale;
            if (start + 3 < end) output[start + 3] = block.W < threshold ? 0 : input[start + 3] * scale;
        }
    }
}
