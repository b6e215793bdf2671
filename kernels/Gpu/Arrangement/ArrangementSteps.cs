using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Arrangement;

/// <summary>What moves elements and computes nothing.</summary>
internal static class ArrangementSteps
{
    /// <summary>Threads that link the places of a gradient's rows: each goes through all of them.</summary>
    private const int LinkThreads = 1024;

    public static IStep Slice(GpuContext context, SliceOp op, Shape input)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        int run = (int)(op.Length * inner), count = (int)(outer * run);
        DeviceKernel kernel = context.Load(Runs.Copy);
        return new GpuStep(buffers => Copy(
            kernel, buffers.Inputs[0], buffers.Outputs[0], count, run, (int)(length * inner), (int)(op.Start * inner), run, 0));
    }

    public static IStep Pad(GpuContext context, PadOp op, Shape input)
    {
        (long outer, long length, long inner) = input.Split(op.Axis, 1);
        long padded = (op.Before + length + op.Behind) * inner;
        int count = (int)(outer * padded);
        DeviceKernel kernel = context.Load(Runs.Pad);
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count), buffers.Inputs[0].View(), buffers.Outputs[0].View(),
            KernelArgument.Of(count), KernelArgument.Of((int)(length * inner)), KernelArgument.Of((int)(op.Before * inner)),
            KernelArgument.Of((int)padded)));
    }

    public static IStep Concat(GpuContext context, ConcatOp op, IReadOnlyList<TensorSpec> inputs, Shape result)
    {
        (long outer, long length, long inner) = result.Split(op.Axis, 1);
        int[] runs = [.. inputs.Select(input => (int)(input.Shape[op.Axis] * inner))];
        DeviceKernel kernel = context.Load(Runs.Copy);
        return new GpuStep(buffers =>
        {
            var launches = new Launch[runs.Length];
            for (int i = 0, start = 0; i < runs.Length; start += runs[i++])
            {
                launches[i] = Copy(kernel, buffers.Inputs[i], buffers.Outputs[0], (int)(outer * runs[i]), runs[i], runs[i], 0,
                    (int)(length * inner), start);
            }
            return launches;
        });
    }

    public static IStep Transpose(GpuContext context, TransposeOp op, Shape input)
    {
        (int[] sizes, long[] strides) = TransposeOp.Simplified(input, op.Order);
        if (sizes.Length > AxisOrder.MaxRank)
            throw new NotSupportedException(
                $"{op.Name} of {input} moves {sizes.Length} dimensions apart; kernels move {AxisOrder.MaxRank}.");
        DeviceKernel kernel = context.Load(Transposition.Run);
        int count = (int)input.Count;
        KernelArgument order = KernelArgument.Of(new AxisOrder(sizes, strides));
        return new GpuStep(buffers => new Launch(
            kernel, kernel.GroupsFor(count), buffers.Inputs[0].View(), buffers.Outputs[0].View(), KernelArgument.Of(count), order));
    }

    public static IStep Gather(GpuContext context, Shape table, Shape result)
    {
        DeviceKernel kernel = context.Load(Gathering.Forward);
        int count = (int)result.Count, rows = table[0], width = (int)(table.Count / rows);
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count), buffers.Inputs[0].View(), buffers.Inputs[1].View(),
            buffers.Outputs[0].View(), KernelArgument.Of(count), KernelArgument.Of(rows), KernelArgument.Of(width)));
    }

    public static IStep OneHot(GpuContext context, OneHotOp op, Shape result)
    {
        DeviceKernel kernel = context.Load(Gathering.OneHot);
        int count = (int)result.Count;
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count), buffers.Inputs[0].View(), buffers.Outputs[0].View(),
            KernelArgument.Of(count), KernelArgument.Of(op.Classes)));
    }

    public static IStep GatherGradient(GpuContext context, Shape table, Shape numbers)
    {
        DeviceKernel link = context.Load(Gathering.Link), add = context.Load(Gathering.Backward);
        int places = (int)numbers.Count, rows = table[0], width = (int)(table.Count / rows), count = (int)table.Count;
        int threads = Math.Min(rows, context.IsDebug ? 4 : LinkThreads);
        long bytes = sizeof(int) * ((long)rows + places);
        return new GpuStep(
            buffers =>
            {
                KernelArgument links = buffers.Workspace.Part(0, bytes).View();
                return
                [
                    new Launch(link, link.GroupsFor(threads), buffers.Inputs[0].View(), links, KernelArgument.Of(places),
                        KernelArgument.Of(rows), KernelArgument.Of(threads)),
                    new Launch(add, add.GroupsFor(count), links, buffers.Inputs[1].View(), buffers.Outputs[0].View(),
                        KernelArgument.Of(count), KernelArgument.Of(rows), KernelArgument.Of(width)),
                ];
            },
            bytes);
    }

    private static Launch Copy(DeviceKernel kernel, BufferView x, BufferView y, int count, int run, int sourceStride, int sourceStart,
        int targetStride, int targetStart) => new(kernel, kernel.GroupsFor(count), x.View(), y.View(), KernelArgument.Of(count),
        KernelArgument.Of(run), KernelArgument.Of(sourceStride), KernelArgument.Of(sourceStart), KernelArgument.Of(targetStride),
        KernelArgument.Of(targetStart));
}
