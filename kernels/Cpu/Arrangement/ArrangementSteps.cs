using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Arrangement;

internal sealed unsafe class SliceStep : IStep
{
    private readonly RunCopy copy;
    private readonly long offset;

    public SliceStep(SliceOp op, Shape input, WorkerPool pool)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        copy = new(outer, op.Length * inner, length * inner, op.Length * inner, pool);
        offset = op.Start * inner;
    }

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => copy.Run(buffers.Input(0) + offset, buffers.Output(0));
}

internal sealed unsafe class PadStep : IStep
{
    private readonly RunCopy copy;

    public PadStep(PadOp op, Shape input, WorkerPool pool)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        copy = new(
            outer, length * inner, length * inner, (op.Before + length + op.Behind) * inner, pool, op.Before * inner, op.Behind * inner);
    }

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => copy.Run(buffers.Input(0), buffers.Output(0));
}

internal sealed unsafe class ConcatStep : IStep
{
    private readonly RunCopy[] copies;
    private readonly long[] offsets;

    public ConcatStep(ConcatOp op, IReadOnlyList<TensorSpec> inputs, Shape result, WorkerPool pool)
    {
        (long outer, long length, long inner) = result.Split(op.Axis, 1);
        copies = new RunCopy[inputs.Count];
        offsets = new long[inputs.Count + 1];
        for (int i = 0; i < copies.Length; i++)
        {
            long run = inputs[i].Shape[op.Axis] * inner;
            copies[i] = new(outer, run, run, length * inner, pool);
            offsets[i + 1] = offsets[i] + run;
        }
    }

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers)
    {
        for (int i = 0; i < copies.Length; i++) copies[i].Run(buffers.Input(i), buffers.Output(0) + offsets[i]);
    }
}

internal sealed unsafe class TransposeStep : IStep
{
    private readonly Transposition transposition;

    public TransposeStep(TransposeOp op, Shape input, WorkerPool pool)
    {
        (int[] sizes, long[] strides) = TransposeOp.Simplified(input, op.Order);
        transposition = new(sizes, strides, pool);
    }

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => transposition.Run(buffers.Input(0), buffers.Output(0));
}

internal sealed unsafe class GatherStep(Shape table, long count, WorkerPool pool) : IStep
{
    private readonly Gathering gathering = new(table[0], table.Joined("A row", table.Count / table[0]), count, pool);

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => gathering.Forward(buffers.Input(0), (int*)buffers.Input(1), buffers.Output(0));
}

internal sealed unsafe class OneHotStep(int classes, long count) : IStep
{
    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers)
    {
        int* labels = (int*)buffers.Input(0);
        float* row = buffers.Output(0);
        for (long i = 0; i < count; i++, row += classes)
        {
            new Span<float>(row, classes).Clear();
            if ((uint)labels[i] < (uint)classes) row[labels[i]] = 1;
        }
    }
}

internal sealed unsafe class GatherGradientStep(Shape table, long count, WorkerPool pool) : IStep
{
    private readonly Gathering gathering = new(table[0], table.Joined("A row", table.Count / table[0]), count, pool);

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => gathering.Backward((int*)buffers.Input(0), buffers.Input(1), buffers.Output(0));
}
