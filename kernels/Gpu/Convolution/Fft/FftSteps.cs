using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution.Fft;

/// <summary>A convolution on a device by Fourier transforms of tiles.</summary>
internal sealed class FftForwardStep : KeptFiltersStep
{
    private readonly FftCorrelation pass;
    private readonly bool hasBias;

    public FftForwardStep(ConvolutionOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, FftTiles? tiles = null)
    {
        ConvolutionShape s = op.Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
        hasBias = inputs.Count > 2;
        int options = (hasBias ? TileTransform.Bias : 0) | (op.Activation == Activation.Relu ? TileTransform.Relu : 0);
        pass = new FftCorrelation(context, $"{op.Name} fft", tiles ?? FftTiles.OfForward(s), s.C, s.K, options);
    }

    public override long WorkspaceBytes => pass.WorkspaceBytes;

    public override long KeptBytes => pass.FilterBytes;

    protected override void Transform(BufferView weights, BufferView filters) => pass.TransformFilters(weights, filters);

    protected override void Run(StepBuffers buffers, BufferView filters) =>
        pass.Run(buffers.Inputs[0], filters, hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0], buffers.Workspace);
}

/// <summary>The gradient of a convolution's input on a device by Fourier transforms of tiles.</summary>
internal sealed class FftInputGradientStep : IStep
{
    private readonly FftCorrelation pass;

    public FftInputGradientStep(ConvolutionInputGradientOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, FftTiles? tiles = null)
    {
        ConvolutionShape s = op.Geometry.Shape(op.Input, inputs[1].Shape);
        pass = new FftCorrelation(context, $"{op.Name} fft", tiles ?? FftTiles.OfInputGradient(s), s.K, s.C, 0);
    }

    public long WorkspaceBytes => pass.WorkspaceBytes;

    public void Run(StepBuffers buffers)
    {
        BufferView spectra = buffers.Workspace.Part(0, pass.FilterBytes);
        pass.TransformFilters(buffers.Inputs[1], spectra);
        pass.Run(buffers.Inputs[0], spectra, default, buffers.Outputs[0], buffers.Workspace);
    }
}

/// <summary>The gradient of a convolution's filters on a device by Fourier transforms of tiles.</summary>
internal sealed class FftWeightGradientStep : IStep
{
    private readonly FftKernel input, gradient;
    private readonly FftKernel[] filters;
    private readonly DeviceProduct product;
    private readonly long inputBytes, gradientBytes, filterBytes;

    public FftWeightGradientStep(
        ConvolutionWeightGradientOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, FftTiles? tiles = null)
    {
        ConvolutionShape s = op.Geometry.Shape(inputs[0].Shape, op.Weights);
        tiles ??= FftTiles.OfWeightGradient(s);
        int rows = tiles.Rows(s.C, s.K), groups = ((tiles.Source.Tiles - 1) / rows) + 1;
        input = FftKernel.Forward(context, tiles, tiles.Source, rows, groups, TileTransform.Right);
        gradient = FftKernel.Forward(context, tiles, tiles.Filters, rows, groups, TileTransform.Left);
        filters = [FftKernel.Inverse(context, tiles, s.K, 1, 0), FftKernel.Inverse(context, tiles, s.K, 1, TileTransform.Add)];
        (inputBytes, gradientBytes, filterBytes) = (tiles.Bytes(rows, s.C), tiles.Bytes(rows, s.K), tiles.Bytes(s.K, s.C));
        int options = (s.K % 4 == 0 ? TiledProduct.VectorA : 0) | (s.C % 4 == 0 ? TiledProduct.VectorB | TiledProduct.VectorC : 0);
        var problem = new ProductProblem($"{op.Name} fft", new(s.K, s.C, rows, tiles.Products), options, gradientBytes / sizeof(float),
            inputBytes / sizeof(float), filterBytes / sizeof(float));
        product = DeviceProduct.Of(context, problem, new MatrixAlongOuter(s.K, s.K, rows * s.K), new MatrixAlongOuter(s.C, s.C, rows * s.C),
            new MatrixTarget(s.C, s.K * s.C));
    }

    public long WorkspaceBytes => inputBytes + gradientBytes + filterBytes + product.WorkspaceBytes;

    public void Run(StepBuffers buffers)
    {
        BufferView x = buffers.Workspace.Part(0, inputBytes), dy = buffers.Workspace.Part(inputBytes, gradientBytes);
        BufferView dw = buffers.Workspace.Part(inputBytes + gradientBytes, filterBytes);
        BufferView rest = buffers.Workspace.Part(inputBytes + gradientBytes + filterBytes, product.WorkspaceBytes);
        // The first group's filters are stored, those of further groups added.
        for (int group = 0; group < input.Groups; group++)
        {
            input.Run(buffers.Inputs[0], x, group);
            gradient.Run(buffers.Inputs[1], dy, group);
            product.Run(new(dy, x, default, dw, rest));
            filters[Math.Min(group, 1)].Run(dw, default, buffers.Outputs[0], 0);
        }
    }
}

/// <summary>
/// A pass on a device that slides filters over images: tiles' spectra times filters' spectra, and back, some tiles at a time.
/// </summary>
internal sealed class FftCorrelation
{
    private readonly FftKernel images, filters, results;
    private readonly DeviceProduct product;
    private readonly long imageBytes, resultBytes;

    /// <param name="context">The device.</param>
    /// <param name="kind">What it is, for messages.</param>
    /// <param name="tiles">The tiles.</param>
    /// <param name="depth">Channels that are summed over.</param>
    /// <param name="columns">Channels of the result.</param>
    /// <param name="options">Options of <see cref="TileTransform.Inverse"/>.</param>
    public FftCorrelation(GpuContext context, string kind, FftTiles tiles, int depth, int columns, int options)
    {
        int rows = tiles.Rows(depth, columns), groups = ((tiles.Source.Tiles - 1) / rows) + 1;
        images = FftKernel.Forward(context, tiles, tiles.Source, rows, groups, TileTransform.Left);
        filters = FftKernel.Forward(context, tiles, tiles.Filters, depth, 1, TileTransform.Right);
        results = FftKernel.Inverse(context, tiles, rows, groups, options);
        (imageBytes, FilterBytes, resultBytes) = (tiles.Bytes(rows, depth), tiles.Bytes(depth, columns), tiles.Bytes(rows, columns));
        int vectors = (depth % 4 == 0 ? TiledProduct.VectorA : 0) | (columns % 4 == 0 ? TiledProduct.VectorB | TiledProduct.VectorC : 0);
        var problem = new ProductProblem(kind, new(rows, columns, depth, tiles.Products), vectors, imageBytes / sizeof(float),
            FilterBytes / sizeof(float), resultBytes / sizeof(float));
        product = DeviceProduct.Of(
            context, problem, new MatrixAlongDepth(rows, depth, rows * depth), new MatrixAlongOuter(columns, columns, depth * columns),
                new MatrixTarget(columns, rows * columns));
    }

    /// <summary>The scratch memory of a run, in bytes, with the filters' spectra first.</summary>
    public long WorkspaceBytes => FilterBytes + imageBytes + resultBytes + product.WorkspaceBytes;

    /// <summary>The memory of the filters' spectra, in bytes.</summary>
    public long FilterBytes { get; }

    /// <summary>Queues the transforms of the filters.</summary>
    public void TransformFilters(BufferView weights, BufferView spectra) => filters.Run(weights, spectra, 0);

    /// <summary>Queues a run. Allocates nothing.</summary>
    public void Run(BufferView source, BufferView spectra, BufferView bias, BufferView target, BufferView workspace)
    {
        BufferView x = workspace.Part(FilterBytes, imageBytes), y = workspace.Part(FilterBytes + imageBytes, resultBytes);
        BufferView rest = workspace.Part(FilterBytes + imageBytes + resultBytes, product.WorkspaceBytes);
        for (int group = 0; group < images.Groups; group++)
        {
            images.Run(source, x, group);
            product.Run(new(x, spectra, default, y, rest));
            results.Run(y, bias, target, group);
        }
    }
}

/// <summary>Transforms of tiles, ready to launch for each group of them.</summary>
internal sealed class FftKernel
{
    private readonly DeviceKernel kernel;
    private readonly Dim3 grid;
    private readonly KernelArgument places, rows, options;
    private readonly KernelArgument[] firsts;

    private FftKernel(GpuContext context, string method, FftTiles tiles, TilePlaces places, int rows, int groups, int options)
    {
        int lanes = tiles.Lanes(context);
        kernel = context.Load(typeof(TileTransform).GetMethod(method)!.MakeGenericMethod(tiles.SideType), lanes * tiles.Side / 2, lanes);
        grid = GpuContext.Groups((long)rows * places.Channels, lanes);
        this.places = KernelArgument.Of(places);
        this.rows = KernelArgument.Of(rows);
        this.options = KernelArgument.Of(options);
        firsts = [.. Enumerable.Range(0, groups).Select(group => KernelArgument.Of(group * rows))];
    }

    /// <summary>Groups of tiles.</summary>
    public int Groups => firsts.Length;

    public static FftKernel Forward(GpuContext context, FftTiles tiles, TilePlaces places, int rows, int groups, int role) =>
        new(context, nameof(TileTransform.Forward), tiles, places, rows, groups, role);

    public static FftKernel Inverse(GpuContext context, FftTiles tiles, int rows, int groups, int options) =>
        new(context, nameof(TileTransform.Inverse), tiles, tiles.Target, rows, groups, options);

    /// <summary>
    /// Loads the kernels of all passes, with tiles of every side, and channels that fill vectors and such that do not: for lists of
    /// kernels.
    /// </summary>
    public static void LoadAll(GpuContext context)
    {
        var geometry = new ConvolutionGeometry(Window.Of(1, 2));
        TensorSpec bias = new(new Shape(64));
        foreach (int side in new[] { 8, 16, 32 })
        {
            foreach (int channels in new[] { 3, 64 })
            {
                TensorSpec x = new(new Shape(8, 56, 56, channels)), y = new(new Shape(8, 56, 56, 64)),
                    w = new(new Shape(64, 5, 5, channels));
                ConvolutionShape s = geometry.Shape(x.Shape, w.Shape);
                foreach (Activation activation in new[] { Activation.None, Activation.Relu })
                {
                    _ = new FftForwardStep(new ConvolutionOp(geometry, activation), [x, w, bias], context, FftTiles.OfForward(s, side));
                    _ = new FftForwardStep(new ConvolutionOp(geometry, activation), [x, w], context, FftTiles.OfForward(s, side));
                }
                _ = new FftInputGradientStep(
                    new ConvolutionInputGradientOp(geometry, x.Shape), [y, w], context, FftTiles.OfInputGradient(s, side));
                _ = new FftWeightGradientStep(
                    new ConvolutionWeightGradientOp(geometry, w.Shape), [x, y], context, FftTiles.OfWeightGradient(s, side));
            }
        }
    }

    /// <summary>Queues transforms to spectra.</summary>
    public void Run(BufferView source, BufferView spectra, int group) =>
        kernel.Launch(grid, source.View(), spectra.View(), places, firsts[group], rows, options);

    /// <summary>Queues transforms of products.</summary>
    public void Run(BufferView products, BufferView bias, BufferView target, int group) =>
        kernel.Launch(grid, products.View(), bias.Buffer is null ? GpuMemory.Nothing(target.Buffer!) : bias.View(), target.View(), places,
            firsts[group], rows, options);
}
