using Fovea.Cpu.Reduction;
using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Elementwise;

/// <summary>A formula compiled for one shape.</summary>
internal sealed unsafe class MapStep : IStep
{
    private readonly MapKernel kernel;
    private readonly int inputs;

    public MapStep(IReadOnlyList<Expression> formulas, IReadOnlyList<TensorSpec> inputs, Shape result, WorkerPool pool)
    {
        kernel = Compile(formulas, inputs, result, pool);
        this.inputs = inputs.Count;
    }

    public static MapKernel Compile(IReadOnlyList<Expression> formulas, IReadOnlyList<TensorSpec> inputs, Shape result, WorkerPool pool)
    {
        MapInputKind[] kinds = [.. inputs.Select(input => MapOp.Kind(input.Shape, result))];
        long[] periods = [.. inputs.Where((_, i) => kinds[i] == MapInputKind.Repeating).Select(input => input.Shape.Count).Distinct()];
        if (periods.Length > 1) throw new NotSupportedException(
            $"A map cannot combine operands that repeat every {string.Join(" and every ", periods)} elements.");
        return new MapKernel(MapCompiler.Compile(formulas, kinds), result.Count, periods.Length == 0 ? 1 : periods[0], pool);
    }

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public void Run(StepBuffers buffers)
    {
        for (int i = 0; i < inputs; i++) kernel.SetInput(i, buffers.Input(i));
        for (int i = 0; i < buffers.Outputs.Length; i++) kernel.SetOutput(i, buffers.Output(i));
        kernel.Run(buffers.Scratch());
    }
}

/// <summary>Formulas whose results replace the first inputs.</summary>
internal sealed unsafe class UpdateStep : IStep
{
    private readonly MapKernel kernel;
    private readonly int inputs, results;

    public UpdateStep(IReadOnlyList<Expression> formulas, IReadOnlyList<TensorSpec> inputs, WorkerPool pool)
    {
        kernel = MapStep.Compile(formulas, inputs, inputs[0].Shape, pool);
        (this.inputs, results) = (inputs.Count, formulas.Count);
    }

    public long WorkspaceBytes => kernel.WorkspaceBytes;

    public void Run(StepBuffers buffers)
    {
        for (int i = 0; i < inputs; i++) kernel.SetInput(i, buffers.Input(i));
        for (int i = 0; i < results; i++) kernel.SetOutput(i, buffers.Input(i));
        kernel.Run(buffers.Scratch());
    }
}

internal sealed class ConstantStep(ConstantOp op) : IStep
{
    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers)
    {
        const long MostAtOnce = 1 << 30;
        float* target = buffers.Output(0);
        for (long left = op.Shape.Count; left > 0; left -= MostAtOnce, target += MostAtOnce)
            new Span<float>(target, (int)Math.Min(left, MostAtOnce)).Fill(op.Value);
    }
}

internal sealed class SumStep((long Outer, long Reduced, long Inner) sizes, WorkerPool pool) : IStep
{
    private readonly SumReduction reduction = new(sizes.Outer, sizes.Reduced, sizes.Inner, pool);

    public long WorkspaceBytes => reduction.WorkspaceBytes;

    public unsafe void Run(StepBuffers buffers) => reduction.Run(buffers.Input(0), buffers.Output(0), buffers.Scratch());
}

internal sealed class MaxReductionStep((long Outer, long Reduced, long Inner) sizes, WorkerPool pool) : IStep
{
    private readonly MaxReduction reduction = new(sizes.Outer, sizes.Reduced, sizes.Inner, pool);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => reduction.Run(buffers.Input(0), buffers.Output(0));
}

internal sealed class BroadcastStep((long Outer, long Repeats, long Inner) sizes) : IStep
{
    private readonly BroadcastCopy copy = new(sizes.Outer, sizes.Repeats, sizes.Inner);

    public long WorkspaceBytes => 0;

    public unsafe void Run(StepBuffers buffers) => copy.Run(buffers.Input(0), buffers.Output(0));
}
