using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution.Winograd;

/// <summary>A convolution with 3×3 filters on a device by F(2×2, 3×3) or F(4×4, 3×3).</summary>
internal sealed class WinogradForwardStep : KeptFiltersStep
{
    private readonly WinogradImages images;
    private readonly bool hasBias;

    /// <param name="op">The convolution.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="context">The device.</param>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    /// <param name="mostElements">Elements of all transformed tiles at a time, about.</param>
    public WinogradForwardStep(
        ConvolutionOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, int outputs, long mostElements = ImageChunks.MostElements)
    {
        ConvolutionShape s = op.Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
        hasBias = inputs.Count > 2;
        images = new(context, op.Name, s, outputs, backwards: false, MatrixProductStep.Options(hasBias, op.Activation), mostElements);
    }

    public override long WorkspaceBytes => images.WorkspaceBytes;

    public override long KeptBytes => images.FilterBytes;

    protected override void Transform(BufferView weights, BufferView filters) => images.TransformFilters(weights, filters);

    protected override void Run(StepBuffers buffers, BufferView filters) =>
        images.Run(buffers.Inputs[0], filters, hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0], buffers.Workspace);
}

/// <summary>The gradient of such a convolution's input: the output's gradient with filters that are turned by half a circle.</summary>
internal sealed class WinogradInputGradientStep : IStep
{
    private readonly WinogradImages images;

    /// <inheritdoc cref="WinogradForwardStep(ConvolutionOp, IReadOnlyList{TensorSpec}, GpuContext, int, long)"/>
    public WinogradInputGradientStep(
        ConvolutionInputGradientOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, int outputs,
        long mostElements = ImageChunks.MostElements) =>
        images = new(context, op.Name, op.Geometry.Shape(op.Input, inputs[1].Shape), outputs, backwards: true, 0, mostElements);

    public long WorkspaceBytes => images.WorkspaceBytes;

    public void Run(StepBuffers buffers)
    {
        BufferView filters = buffers.Workspace.Part(0, images.FilterBytes);
        images.TransformFilters(buffers.Inputs[1], filters);
        images.Run(buffers.Inputs[0], filters, default, buffers.Outputs[0], buffers.Workspace);
    }
}

/// <summary>The gradient of such a convolution's filters: for each frequency a sum over all tiles, transformed back once.</summary>
internal sealed class WinogradWeightGradientStep : IStep
{
    private readonly ConvolutionShape shape;
    private readonly ImageChunks chunks;
    private readonly DeviceKernel input, gradient, filters;
    private readonly DeviceProduct product;
    private readonly DeviceProduct? last;
    private readonly KernelArgument inputSizes, gradientSizes, count, channels, parts;
    private readonly long inputBytes, gradientBytes, partBytes;

    /// <inheritdoc cref="WinogradForwardStep(ConvolutionOp, IReadOnlyList{TensorSpec}, GpuContext, int, long)"/>
    public WinogradWeightGradientStep(
        ConvolutionWeightGradientOp op, IReadOnlyList<TensorSpec> inputs, GpuContext context, int outputs,
            long mostElements = ImageChunks.MostElements)
    {
        ConvolutionShape s = shape = op.Geometry.Shape(inputs[0].Shape, op.Weights);
        WinogradParts.Require(s, outputs);
        int down = (s.P + outputs - 1) / outputs, across = (s.Q + outputs - 1) / outputs, frequencies = (outputs + 2) * (outputs + 2);
        chunks = new(s.N, down * across, frequencies * (s.C + s.K), mostElements);
        input = context.Load(WinogradKernels.FromInput(outputs));
        gradient = context.Load(WinogradKernels.FromOutputGradient(outputs));
        filters = context.Load(WinogradKernels.ToFilterGradient(outputs));
        inputSizes = KernelArgument.Of(new TileSizes(s.H, s.W, s.C, down, across, outputs, -s.PadTop, -s.PadLeft));
        gradientSizes = KernelArgument.Of(new TileSizes(s.P, s.Q, s.K, down, across, outputs));
        (count, channels, parts) = (KernelArgument.Of(s.K * s.C), KernelArgument.Of(s.C), KernelArgument.Of(chunks.Count));
        inputBytes = WinogradParts.Bytes((long)frequencies * chunks.Tiles * s.C);
        gradientBytes = WinogradParts.Bytes((long)frequencies * chunks.Tiles * s.K);
        // Without a gap between them: the last transform reads them as one.
        partBytes = (long)frequencies * s.K * s.C * sizeof(float);
        int options = (s.K % 4 == 0 ? TiledProduct.VectorA : 0) | (s.C % 4 == 0 ? TiledProduct.VectorB | TiledProduct.VectorC : 0);
        product = Product(chunks.Tiles);
        last = chunks.LastTiles == chunks.Tiles ? null : Product(chunks.LastTiles);
        WorkspaceBytes = inputBytes + gradientBytes + WinogradParts.Bytes(chunks.Count * partBytes / sizeof(float)) +
            Math.Max(product.WorkspaceBytes, last?.WorkspaceBytes ?? 0);

        DeviceProduct Product(int tiles)
        {
            var problem = new ProductProblem(op.Name, new(s.K, s.C, tiles, frequencies), options,
                (long)frequencies * tiles * s.K, (long)frequencies * tiles * s.C, (long)frequencies * s.K * s.C);
            return DeviceProduct.Of(context, problem, new MatrixAlongOuter(s.K, s.K, tiles * s.K),
                new MatrixAlongOuter(s.C, s.C, tiles * s.C), new MatrixTarget(s.C, s.K * s.C));
        }
    }

    public long WorkspaceBytes { get; }

    public void Run(StepBuffers buffers)
    {
        BufferView inputTiles = buffers.Workspace.Part(0, inputBytes), gradientTiles = buffers.Workspace.Part(inputBytes, gradientBytes);
        long sumBytes = chunks.Count * partBytes, sumStart = inputBytes + gradientBytes,
            rest = sumStart + WinogradParts.Bytes(sumBytes / sizeof(float));
        BufferView sums = buffers.Workspace.Part(sumStart, sumBytes), scratch = buffers.Workspace.Part(rest, WorkspaceBytes - rest);
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            int images = chunks.ImagesOf(chunk), tiles = images * chunks.ImageTiles;
            BufferView x = WinogradParts.Images(buffers.Inputs[0], chunk * chunks.Images, images, (long)shape.H * shape.W * shape.C);
            BufferView dy = WinogradParts.Images(buffers.Inputs[1], chunk * chunks.Images, images, (long)shape.P * shape.Q * shape.K);
            input.Launch(
                input.GroupsFor((long)tiles * shape.C), x.View(), inputTiles.View(), KernelArgument.Of(tiles * shape.C), inputSizes);
            gradient.Launch(gradient.GroupsFor((long)tiles * shape.K), dy.View(), gradientTiles.View(), KernelArgument.Of(tiles * shape.K),
                gradientSizes);
            (tiles == chunks.Tiles ? product : last!)
                .Run(new(gradientTiles, inputTiles, default, sums.Part(chunk * partBytes, partBytes), scratch));
        }
        filters.Launch(filters.GroupsFor((long)shape.K * shape.C), sums.View(), buffers.Outputs[0].View(), count, channels, parts);
    }
}

/// <summary>Images to images by tiles: forward convolution, or the gradient of its input.</summary>
internal sealed class WinogradImages
{
    private readonly (int H, int W, int C) from, to;
    private readonly int filterElements;
    private readonly ImageChunks chunks;
    private readonly DeviceKernel input, filters, output;
    private readonly DeviceProduct product;
    private readonly DeviceProduct? last;
    private readonly KernelArgument fromSizes, toSizes, count, channels, turn, epilogue;
    private readonly long fromBytes, toBytes;

    /// <param name="context">The device.</param>
    /// <param name="name">The operation, for messages.</param>
    /// <param name="s">The forward convolution.</param>
    /// <param name="outputs">Height and width of a tile of the result: 2 or 4.</param>
    /// <param name="backwards">Whether this is the gradient of the input.</param>
    /// <param name="options"><see cref="TiledProduct.Bias"/>, <see cref="TiledProduct.Relu"/>.</param>
    /// <param name="mostElements">Elements of all transformed tiles at a time, about.</param>
    public WinogradImages(GpuContext context, string name, ConvolutionShape s, int outputs, bool backwards, int options, long mostElements)
    {
        WinogradParts.Require(s, outputs);
        (from, to) = ((s.H, s.W, s.C), (s.P, s.Q, s.K));
        if (backwards) (from, to) = (to, from);
        int down = (to.H + outputs - 1) / outputs, across = (to.W + outputs - 1) / outputs, frequencies = (outputs + 2) * (outputs + 2);
        chunks = new(s.N, down * across, frequencies * (s.C + s.K), mostElements);
        filterElements = s.K * s.C;
        input = context.Load(WinogradKernels.FromInput(outputs));
        filters = context.Load(WinogradKernels.FromFilters(outputs));
        output = context.Load(WinogradKernels.ToOutput(outputs));
        fromSizes = KernelArgument.Of(new TileSizes(from.H, from.W, from.C, down, across, outputs,
            backwards ? s.PadTop - (s.R - 1) : -s.PadTop, backwards ? s.PadLeft - (s.S - 1) : -s.PadLeft));
        toSizes = KernelArgument.Of(new TileSizes(to.H, to.W, to.C, down, across, outputs));
        (count, channels) = (KernelArgument.Of(filterElements), KernelArgument.Of(s.C));
        (turn, epilogue) = (KernelArgument.Of(backwards ? 1 : 0), KernelArgument.Of(options));
        FilterBytes = WinogradParts.Bytes((long)frequencies * filterElements);
        fromBytes = WinogradParts.Bytes((long)frequencies * chunks.Tiles * from.C);
        toBytes = WinogradParts.Bytes((long)frequencies * chunks.Tiles * to.C);
        product = Product(chunks.Tiles);
        last = chunks.LastTiles == chunks.Tiles ? null : Product(chunks.LastTiles);
        WorkspaceBytes = FilterBytes + fromBytes + toBytes + Math.Max(product.WorkspaceBytes, last?.WorkspaceBytes ?? 0);

        DeviceProduct Product(int tiles)
        {
            int vectors = (from.C % 4 == 0 ? TiledProduct.VectorA : 0) | (s.C % 4 == 0 ? TiledProduct.VectorB : 0)
                | (to.C % 4 == 0 ? TiledProduct.VectorC : 0);
            var problem = new ProductProblem(name, new(tiles, to.C, from.C, frequencies), vectors,
                (long)frequencies * tiles * from.C, (long)frequencies * filterElements, (long)frequencies * tiles * to.C);
            var left = new MatrixAlongDepth(tiles, from.C, tiles * from.C);
            var target = new MatrixTarget(to.C, tiles * to.C);
            return backwards
                ? DeviceProduct.Of(context, problem, left, new MatrixAlongOuter(s.C, s.C, filterElements), target)
                : DeviceProduct.Of(context, problem, left, new MatrixAlongDepth(s.K, s.C, filterElements), target);
        }
    }

    /// <summary>The scratch memory of a run, in bytes: room for transformed filters, and what else it needs.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>The size of transformed filters, in bytes.</summary>
    public long FilterBytes { get; }

    /// <summary>Transforms filters.</summary>
    public void TransformFilters(BufferView weights, BufferView target) =>
        filters.Launch(filters.GroupsFor(filterElements), weights.View(), target.Part(0, FilterBytes).View(), count, channels, turn);

    /// <summary>Computes the result from images and transformed filters.</summary>
    public void Run(BufferView source, BufferView filterTiles, BufferView bias, BufferView target, BufferView workspace)
    {
        BufferView fromTiles = workspace.Part(FilterBytes, fromBytes), toTiles = workspace.Part(FilterBytes + fromBytes, toBytes);
        long rest = FilterBytes + fromBytes + toBytes;
        BufferView scratch = workspace.Part(rest, WorkspaceBytes - rest);
        KernelArgument biasView = bias.Buffer is null ? GpuMemory.Nothing(target.Buffer!) : bias.View();
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            int images = chunks.ImagesOf(chunk), tiles = images * chunks.ImageTiles;
            BufferView x = WinogradParts.Images(source, chunk * chunks.Images, images, (long)from.H * from.W * from.C);
            BufferView y = WinogradParts.Images(target, chunk * chunks.Images, images, (long)to.H * to.W * to.C);
            input.Launch(input.GroupsFor((long)tiles * from.C), x.View(), fromTiles.View(), KernelArgument.Of(tiles * from.C), fromSizes);
            (tiles == chunks.Tiles ? product : last!).Run(new(fromTiles, filterTiles, default, toTiles, scratch));
            output.Launch(output.GroupsFor((long)tiles * to.C), toTiles.View(), biasView, y.View(), KernelArgument.Of(tiles * to.C),
                toSizes, epilogue);
        }
    }
}
