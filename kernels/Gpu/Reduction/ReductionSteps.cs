using System.Numerics;
using Fovea.Execution;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Reduction;

/// <summary>Sums, maxima and what undoes sums.</summary>
internal static class ReductionSteps
{
    /// <summary>
    /// How many elements a thread adds one after the other, at most: what is longer is summed in parts, and then the parts.
    /// </summary>
    private const int SequentialElements = 64;

    /// <summary>Neighbours along the inner dimension that make reading contiguous.</summary>
    private const int PreferredWidth = 32;

    public static IStep Sum(GpuContext context, (long Outer, long Reduced, long Inner) sizes) => Reduce<Summing>(context, sizes);

    public static IStep Max(GpuContext context, (long Outer, long Reduced, long Inner) sizes) => Reduce<Maximizing>(context, sizes);

    public static IStep Broadcast(GpuContext context, (long Outer, long Repeats, long Inner) sizes)
    {
        DeviceKernel kernel = context.Load(BroadcastCopy.Run);
        int count = checked((int)(sizes.Outer * sizes.Repeats * sizes.Inner));
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(count),
            buffers.Inputs[0].View(), buffers.Outputs[0].View(), KernelArgument.Of(count), KernelArgument.Of((int)sizes.Repeats),
                KernelArgument.Of((int)sizes.Inner)));
    }

    /// <summary>Divides a reduction into passes; each but the last leaves several parts of every result.</summary>
    public static ReductionPass[] Passes<TReducer>(GpuContext context, int outer, int reduced, int inner)
        where TReducer : unmanaged, IReducer
    {
        var passes = new List<ReductionPass>();
        do
        {
            passes.Add(ReductionPass.For<TReducer>(context, outer, reduced, inner));
            reduced = passes[^1].Parts;
        }
        while (reduced > 1);
        return [.. passes];
    }

    /// <summary>The memory for what all passes but the last leave, in bytes.</summary>
    public static long WorkspaceBytes(IReadOnlyList<ReductionPass> passes) => passes.SkipLast(1).Sum(pass => pass.ResultBytes);

    public static IEnumerable<Launch> Launches(
        IReadOnlyList<ReductionPass> passes, BufferView input, BufferView output, BufferView workspace)
    {
        long offset = 0;
        for (int i = 0; i < passes.Count; i++)
        {
            BufferView result = i == passes.Count - 1 ? output : workspace.Part(offset, passes[i].ResultBytes);
            yield return passes[i].Launch(input, result);
            input = result;
            offset += result.Bytes;
        }
    }

    private static GpuStep Reduce<TReducer>(GpuContext context, (long Outer, long Reduced, long Inner) sizes)
        where TReducer : unmanaged, IReducer
    {
        ReductionPass[] passes =
            Passes<TReducer>(context, checked((int)sizes.Outer), checked((int)sizes.Reduced), checked((int)sizes.Inner));
        return new GpuStep(buffers => Launches(passes, buffers.Inputs[0], buffers.Outputs[0], buffers.Workspace), WorkspaceBytes(passes));
    }

    /// <summary>One launch of <see cref="MiddleReduction"/>.</summary>
    public sealed record ReductionPass(DeviceKernel Kernel, int Outer, int Reduced, int Inner, int Parts, int Width, int Depth)
    {
        public long ResultBytes => sizeof(float) * (long)Outer * Parts * Inner;

        public static ReductionPass For<TReducer>(GpuContext context, int outer, int reduced, int inner)
            where TReducer : unmanaged, IReducer
        {
            int group = context.ReductionGroup;
            // First wide enough to read well, then as deep as there is something to add, and what threads are left go sideways again.
            int width = Math.Min(PowerOf2(inner), Math.Min(PreferredWidth, group));
            int depth = Math.Min(PowerOf2(reduced), group / width);
            width = Math.Min(PowerOf2(inner), group / depth);
            int length = depth * SequentialElements, parts = (int)(((long)reduced + length - 1) / length);
            return new ReductionPass(context.Load(MiddleReduction.Run<TReducer>, group), outer, reduced, inner, parts, width, depth);
        }

        public Launch Launch(BufferView x, BufferView y)
        {
            int lines = Kernel.Source.GroupSize.X / (Width * Depth), tiles = (Inner + Width - 1) / Width;
            return new Launch(Kernel, new Dim3(tiles * Parts * ((Outer + lines - 1) / lines)), x.View(), y.View(),
                KernelArgument.Of(Outer), KernelArgument.Of(Reduced), KernelArgument.Of(Inner), KernelArgument.Of(Parts),
                KernelArgument.Of(Width), KernelArgument.Of(Depth));
        }

        private static int PowerOf2(int atLeast) => (int)BitOperations.RoundUpToPowerOf2((uint)atLeast);
    }
}
