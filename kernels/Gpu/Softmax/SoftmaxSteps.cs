using System.Numerics;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Reduction;
using Fovea.Ops;

namespace Fovea.Gpu.Softmax;

/// <summary>Whatever works on rows of logits.</summary>
internal static class SoftmaxSteps
{
    public static IStep Softmax(GpuContext context, bool logarithm, Shape shape)
    {
        var rows = new RowPlan(context, shape);
        DeviceKernel kernel = context.Load(SoftmaxKernels.Forward, rows.Group, logarithm ? 1 : 0);
        return new GpuStep(buffers => new Launch(kernel, rows.Groups, buffers.Inputs[0].View(), buffers.Outputs[0].View(), rows.Count,
            rows.Classes, rows.LanesArgument));
    }

    public static IStep SoftmaxGradient(GpuContext context, bool logarithm, Shape shape)
    {
        var rows = new RowPlan(context, shape);
        DeviceKernel kernel = context.Load(SoftmaxKernels.Backward, rows.Group, logarithm ? 1 : 0);
        return new GpuStep(buffers => new Launch(kernel, rows.Groups,
            buffers.Inputs[0].View(), buffers.Inputs[1].View(), buffers.Outputs[0].View(), rows.Count, rows.Classes, rows.LanesArgument));
    }

    public static IStep CrossEntropy(GpuContext context, CrossEntropyOp op, Shape shape)
    {
        var rows = new RowPlan(context, shape);
        DeviceKernel kernel = context.Load(CrossEntropyKernels.Forward, rows.Group);
        return SumOfRows(context, shape, (buffers, losses) => new Launch(
            kernel, rows.Groups, buffers.Inputs[0].View(), buffers.Inputs[1].View(), losses.View(),
            rows.Count, rows.Classes, KernelArgument.Of(op.LabelSmoothing), KernelArgument.Of(Scale(op, shape)), rows.LanesArgument));
    }

    public static IStep CrossEntropyGradient(GpuContext context, CrossEntropyOp op, Shape shape)
    {
        var rows = new RowPlan(context, shape);
        DeviceKernel kernel = context.Load(CrossEntropyKernels.Backward, rows.Group);
        return new GpuStep(buffers => new Launch(kernel, rows.Groups,
            buffers.Inputs[0].View(), buffers.Inputs[1].View(), buffers.Inputs[2].View(), buffers.Outputs[0].View(),
            rows.Count, rows.Classes, KernelArgument.Of(op.LabelSmoothing), KernelArgument.Of(Scale(op, shape)), rows.LanesArgument));
    }

    public static IStep CorrectCount(GpuContext context, Shape shape)
    {
        var rows = new RowPlan(context, shape);
        DeviceKernel kernel = context.Load(CrossEntropyKernels.Correct, rows.Group);
        return SumOfRows(context, shape, (buffers, correct) =>
            new Launch(kernel, rows.Groups, buffers.Inputs[0].View(), buffers.Inputs[1].View(), correct.View(), rows.Count, rows.Classes,
                rows.LanesArgument));
    }

    /// <summary>A number for each row, then their sum.</summary>
    private static GpuStep SumOfRows(GpuContext context, Shape shape, Func<StepBuffers, BufferView, Launch> numbers)
    {
        ReductionSteps.ReductionPass[] passes = ReductionSteps.Passes<Summing>(context, 1, shape.Rows, 1);
        long bytes = sizeof(float) * (long)shape.Rows;
        return new GpuStep(
            buffers =>
            {
                BufferView each = buffers.Workspace.Part(0, bytes);
                BufferView rest = buffers.Workspace.Part(bytes, buffers.Workspace.Bytes - bytes);
                return [numbers(buffers, each), .. ReductionSteps.Launches(passes, each, buffers.Outputs[0], rest)];
            },
            bytes + ReductionSteps.WorkspaceBytes(passes));
    }

    private static float Scale(CrossEntropyOp op, Shape shape) => op.Mean ? 1f / shape.Rows : 1;

    /// <summary>How rows are divided among threads.</summary>
    private sealed class RowPlan
    {
        public RowPlan(GpuContext context, Shape shape)
        {
            int group = context.ReductionGroup, rows = shape.Rows;
            Lanes = Math.Min(group, (int)BitOperations.RoundUpToPowerOf2((uint)shape[^1]));
            Group = group;
            Groups = GpuContext.Groups(rows, group / Lanes);
            (Count, Classes) = (KernelArgument.Of(rows), KernelArgument.Of(shape[^1]));
        }

        /// <summary>Threads of a row.</summary>
        public int Lanes { get; }

        /// <summary>Threads of a group.</summary>
        public int Group { get; }

        public Dim3 Groups { get; }

        public KernelArgument LanesArgument => KernelArgument.Of(Lanes);

        public KernelArgument Count { get; }

        public KernelArgument Classes { get; }
    }
}
