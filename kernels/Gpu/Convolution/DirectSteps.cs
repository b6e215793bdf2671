using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution;

/// <summary>A convolution on a device as the sum is written.</summary>
internal sealed class DirectForwardStep : KeptFiltersStep
{
    private readonly DirectFilters arrangement;
    private readonly DirectSlide slide;
    private readonly bool hasBias;

    public DirectForwardStep(ConvolutionOp op, ConvolutionShape s, bool hasBias, GpuContext context)
    {
        this.hasBias = hasBias;
        arrangement = new(context, s, backwards: false);
        int size = arrangement.TapSize;
        var places =
            new DirectPlaces { TapStepY = s.S * size, TapStepX = size, ImageStep = s.P * s.Q * s.K, RowStep = s.Q * s.K, PixelStep = s.K };
        slide = new(context, arrangement, PatchGrid.OfInput(s), places, s.FilterSize, MatrixProductStep.Options(hasBias, op.Activation));
    }

    public override long WorkspaceBytes => arrangement.Bytes;

    public override long KeptBytes => arrangement.Bytes;

    protected override void Transform(BufferView weights, BufferView filters) => arrangement.Arrange(weights, filters);

    protected override void Run(StepBuffers buffers, BufferView filters) =>
        slide.Run(buffers.Inputs[0], filters, hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0]);
}

/// <summary>
/// The gradient of a convolution's input as the sum is written: for each phase of the stride, over the taps that reach its pixels.
/// </summary>
internal sealed class DirectInputGradientStep : IStep
{
    private readonly GpuContext context;
    private readonly DirectFilters filters;
    private readonly DirectSlide[] phases;
    private readonly bool clears;

    public DirectInputGradientStep(ConvolutionShape s, GpuContext context)
    {
        this.context = context;
        filters = new(context, s, backwards: true);
        IReadOnlyList<InputGradientPhase> all = InputGradientPhase.Of(s);
        clears = !all.Cover(s);
        phases = [.. all.Select(phase => new DirectSlide(
            context, filters, phase.Patches, phase.Places(s, filters.TapSize), phase.Patches.Size, 0))];
    }

    public long WorkspaceBytes => filters.Bytes;

    public void Run(StepBuffers buffers)
    {
        BufferView target = buffers.Outputs[0];
        if (clears) context.Device.Clear(target.Buffer!, target.Offset, target.Bytes);
        filters.Arrange(buffers.Inputs[1], buffers.Workspace);
        foreach (DirectSlide phase in phases) phase.Run(buffers.Inputs[0], buffers.Workspace, default, target);
    }
}

/// <summary>The gradient of a convolution's filters as the sum is written, in parts of the pixels that are added up afterwards.</summary>
internal sealed class DirectWeightGradientStep : IStep
{
    /// <summary>Longer sums would err by more; shorter ones are not worth their parts' way through memory.</summary>
    private const int LongestPart = 1024, ShortestPart = 128;

    /// <summary>Threads that keep a GPU busy, and such as a processor does one after the other.</summary>
    private const int BusyThreads = 1 << 16, ProcessorThreads = 1 << 12;

    /// <summary>All parts have at most this many elements, unless one has more: 64 MiB.</summary>
    private const long MostPartElements = 1 << 24;

    private const int MostTaps = 5;

    private readonly DeviceKernel sum;
    private readonly DeviceKernel? add;
    private readonly Dim3 groups, addGroups;
    private readonly KernelArgument count, sizes, target, rows, columns, elements, splits, addLanes, epilogue = KernelArgument.Of(0);

    public DirectWeightGradientStep(ConvolutionShape s, GpuContext context)
    {
        bool isDepthwise = DirectFilters.IsDepthwise(s);
        var tile = new DirectWeightTile(Even(s.S, MostTaps), isDepthwise ? 1 : Even(s.GroupC, 4), isDepthwise ? 4 : Even(s.GroupK, 4));
        int pixels = s.N * s.P * s.Q, threads = new DirectWeightSizes(s, tile, isDepthwise, pixels).Threads;
        int busy = context.Device.Info.IsGpu ? BusyThreads : ProcessorThreads;
        long partCount = Math.Max(Math.Min(busy / threads, pixels / ShortestPart), (pixels - 1) / LongestPart + 1);
        int part = (int)((pixels - 1) / Math.Clamp(partCount, 1, Math.Max(1, MostPartElements / s.FilterCount))) + 1,
            parts = ((pixels - 1) / part) + 1;
        bool wholeTaps = s.S % tile.Taps == 0;
        int options = (isDepthwise ? DirectWeightGradient.Depthwise : 0)
            | (s.GroupC % 4 == 0 ? DirectWeightGradient.VectorSource : 0)
                | (isDepthwise || s.GroupK % 4 == 0 ? DirectWeightGradient.VectorGradient : 0)
            // Whole alone is not for processors: PoCL 6's compiler ends the process over some of these kernels ("Instruction Combining did
            // not reach a fixpoint"), which it does not where taps come out even too.
            | (wholeTaps ? DirectWeightGradient.WholeTaps : 0)
            | ((wholeTaps || context.Device.Info.IsGpu) && s.GroupC % tile.Channels == 0
                && (isDepthwise || s.GroupK % tile.Filters == 0) ? DirectWeightGradient.Whole : 0);
        sum = context.Load(DirectWeightGradient.Sum, DirectConvolution.Threads(context.Device.Info.GroupSize), tile.Taps, tile.Channels,
            tile.Filters, options);
        (count, sizes) = (KernelArgument.Of(threads * parts), KernelArgument.Of(new DirectWeightSizes(s, tile, isDepthwise, part)));
        groups = GpuContext.Groups((long)threads * parts, sum.Source.GroupSize.X);
        if (parts == 1) return;
        int lanes = SplitSum.Lanes(parts);
        add = context.Load(SplitSum.Add<MatrixTarget>, SplitSum.Threads);
        addGroups = GpuContext.Groups(s.FilterCount, SplitSum.Threads / lanes);
        (target, rows, columns) =
            (KernelArgument.Of(new MatrixTarget(s.FilterSize)), KernelArgument.Of(s.K), KernelArgument.Of(s.FilterSize));
        (elements, splits, addLanes) = (KernelArgument.Of((int)s.FilterCount), KernelArgument.Of(parts), KernelArgument.Of(lanes));
        WorkspaceBytes = s.FilterCount * parts * sizeof(float);
    }

    public long WorkspaceBytes { get; }

    public void Run(StepBuffers buffers)
    {
        KernelArgument result = buffers.Outputs[0].View(), parts = add is null ? result : buffers.Workspace.View();
        sum.Launch(groups, buffers.Inputs[0].View(), buffers.Inputs[1].View(), parts, count, sizes);
        add?.Launch(addGroups, parts, GpuMemory.Nothing(buffers.Outputs[0].Buffer!), result, target, rows, columns, elements, splits,
            addLanes, epilogue);
    }

    /// <summary>The largest size up to a limit that divides a count into as few parts, as even as they can be.</summary>
    internal static int Even(int count, int maxSize)
    {
        int parts = (count + maxSize - 1) / maxSize;
        return (count + parts - 1) / parts;
    }
}

/// <summary>Filters in the order in which a direct convolution reads them.</summary>
internal sealed class DirectFilters
{
    private readonly DeviceKernel arrange;
    private readonly KernelArgument count, taps, columns, lanes, direction;
    private readonly int elements;

    public DirectFilters(GpuContext context, ConvolutionShape s, bool backwards)
    {
        Depthwise = IsDepthwise(s);
        (int channels, int depth) = backwards ? (s.GroupC, s.GroupK) : (s.GroupK, s.GroupC);
        Lanes = Depthwise ? 4 : DirectWeightGradientStep.Even(channels, 4);
        Columns = Depthwise ? new(1, s.C, 1, Lanes) : new(s.Groups, channels, depth, Lanes);
        // Where each filter sees one channel, its own, both directions have the same weights.
        arrange = context.Load(DirectConvolution.Arrange);
        direction = KernelArgument.Of(backwards && !Depthwise ? 1 : 0);
        elements = s.R * s.S * TapSize;
        (count, taps, columns, lanes) =
            (KernelArgument.Of(elements), KernelArgument.Of(s.R * s.S), KernelArgument.Of(Columns), KernelArgument.Of(Lanes));
    }

    /// <summary>Whether each filter sees one channel, its own, and they can be taken in fours.</summary>
    public static bool IsDepthwise(ConvolutionShape s) => s.GroupC == 1 && s.GroupK == 1 && s.C % 4 == 0;

    public bool Depthwise { get; }

    /// <summary>Channels of a thread.</summary>
    public int Lanes { get; }

    /// <summary>The channels of the result.</summary>
    public DirectColumns Columns { get; }

    /// <summary>Weights of a tap.</summary>
    public int TapSize => Columns.Depth * Columns.Pitch;

    /// <summary>The memory that they take.</summary>
    public long Bytes => (long)elements * sizeof(float);

    public void Arrange(BufferView weights, BufferView arranged) =>
        arrange.Launch(arrange.GroupsFor(elements), weights.View(), arranged.View(), count, taps, columns, lanes, direction);

    /// <summary>Loads the kernels of all passes, for each number of lanes, few and many terms: for lists of kernels.</summary>
    public static void LoadAll(GpuContext context)
    {
        (int Channels, int Filters, int Taps, int Groups)[] table =
        [
            (64, 64, 3, 64), (32, 32, 5, 32), (7, 7, 3, 7), (8, 16, 3, 8), (1, 1, 5, 1), (1, 6, 5, 1), (3, 64, 3, 1), (3, 64, 11, 1),
                (6, 16, 5, 1), (64, 64, 1, 1), (64, 64, 3, 1), (64, 64, 5, 1), (512, 512, 3, 1),
        ];
        foreach ((int channels, int filters, int taps, int groups) in table)
        {
            var shape = new ConvolutionShape { N = 8, H = 28, W = 28, C = channels, K = filters, R = taps, S = taps, Groups = groups };
            foreach (bool hasBias in new[] { false, true })
            {
                foreach (Activation activation in hasBias ? [Activation.None, Activation.Relu] : new[] { Activation.None })
                    _ = new DirectForwardStep(
                        new ConvolutionOp(new ConvolutionGeometry(new Window(), groups), activation), shape, hasBias, context);
            }
            _ = new DirectInputGradientStep(shape, context);
            _ = new DirectWeightGradientStep(shape, context);
        }
    }
}

/// <summary>A sweep over images, ready to launch.</summary>
internal sealed class DirectSlide
{
    /// <summary>Sums of more terms are taken row by row of the filter.</summary>
    private const int ManyTerms = 2048;

    private const int Epilogue = DirectConvolution.Bias | DirectConvolution.Relu;

    private readonly DeviceKernel kernel;
    private readonly Dim3 groups;
    private readonly KernelArgument count, grid, columns, places, epilogue;

    public DirectSlide(GpuContext context, DirectFilters filters, PatchGrid grid, DirectPlaces places, int terms, int options)
    {
        DirectColumns across = filters.Columns;
        // Twice as many sums have no room, and many pixels of a row's end may be for nothing.
        int fours = (grid.GridWidth + 3) / 4, eights = (grid.GridWidth + 7) / 8, pixels = terms > ManyTerms
            || 3 * fours < 5 * eights ? 4 : 8;
        if (filters.Depthwise) options |= DirectConvolution.Depthwise | DirectConvolution.VectorTarget;
        if (across.Depth % 4 == 0) options |= DirectConvolution.VectorSource;
        if (across.Channels % 4 == 0) options |= DirectConvolution.VectorTarget;
        if (terms > ManyTerms) options |= DirectConvolution.Rows;
        kernel = context.Load(DirectConvolution.Slide, DirectConvolution.Threads(context.Device.Info.GroupSize), pixels, filters.Lanes,
            options & ~Epilogue);
        epilogue = KernelArgument.Of(options & Epilogue);
        long threads = (long)(grid.Count / grid.GridWidth) * ((grid.GridWidth + pixels - 1) / pixels) * across.Count;
        groups = GpuContext.Groups(threads, kernel.Source.GroupSize.X);
        count = KernelArgument.Of(checked((int)threads));
        (this.grid, columns, this.places) = (KernelArgument.Of(grid), KernelArgument.Of(across), KernelArgument.Of(places));
    }

    /// <summary>Queues a run. Allocates nothing.</summary>
    public void Run(BufferView source, BufferView weights, BufferView bias, BufferView target) =>
        kernel.Launch(groups, source.View(), weights.View(), bias.Buffer is null ? GpuMemory.Nothing(target.Buffer!) : bias.View(),
            target.View(), count, grid, columns, places, epilogue);
}
