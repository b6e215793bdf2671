using Fovea.Execution;
using Fovea.Gpu.Product;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution;

/// <summary>A pass of a convolution that is one product.</summary>
/// <param name="product">The product.</param>
/// <param name="left">Which input is the product's left side.</param>
/// <param name="right">Which input is its right side.</param>
/// <param name="hasBias">Whether a third input is added.</param>
internal sealed class ProductStep(DeviceProduct product, int left = 0, int right = 1, bool hasBias = false) : IStep
{
    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        product.Run(
            new(buffers.Inputs[left], buffers.Inputs[right], hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0], buffers.Workspace));
}

/// <summary>Convolutions on a device as products of patches, which are put together on the way.</summary>
internal static class ImplicitGemmSteps
{
    /// <summary>Patches of the input times filters.</summary>
    public static IStep Forward(ConvolutionOp op, ConvolutionShape s, bool hasBias, GpuContext context) => new ProductStep(
        ConvolutionParts.Product(context, ConvolutionParts.Forward(op, s, hasBias), PatchGrid.OfInput(s), ConvolutionParts.Filters(s),
            ConvolutionParts.Outputs(s)), hasBias: hasBias);

    /// <summary>Loads the kernels of all passes, with channels that fill vectors and such that do not: for lists of kernels.</summary>
    public static void LoadAll(GpuContext context)
    {
        foreach (int channels in new[] { 64, 67 })
        {
            ConvolutionShape s =
                new() { N = 8, H = 28, W = 28, C = channels, K = 64, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 };
            var geometry = new ConvolutionGeometry(Window.Of(1, 1));
            _ = Forward(new ConvolutionOp(geometry, Activation.Relu), s, hasBias: true, context);
            _ = Forward(new ConvolutionOp(geometry), s, hasBias: false, context);
            _ = new ImplicitGemmInputGradientStep(new ConvolutionInputGradientOp(geometry, new Shape(8, 28, 28, channels)), s, context);
            if (channels % 4 == 0) _ = WeightGradient(new ConvolutionWeightGradientOp(geometry, new Shape(64, 3, 3, channels)), s, context);
        }
    }

    /// <summary>The output's gradient, transposed, times patches of the input.</summary>
    public static IStep WeightGradient(ConvolutionWeightGradientOp op, ConvolutionShape s, GpuContext context) => new ProductStep(
        DeviceProduct.Of(context, ConvolutionParts.WeightGradient(op, s), ConvolutionParts.OutputGradient(s),
            new PatchesAlongOuter(PatchGrid.OfInput(s)), ConvolutionParts.FilterGradient(s)), left: 1, right: 0);
}

/// <summary>
/// The gradient of a convolution's input on a device: for each phase of the stride, patches of the output's gradient times filters.
/// </summary>
internal sealed class ImplicitGemmInputGradientStep : IStep
{
    private readonly DeviceProduct[] products;
    private readonly GpuContext context;
    private readonly bool clears;

    public ImplicitGemmInputGradientStep(ConvolutionInputGradientOp op, ConvolutionShape s, GpuContext context)
    {
        this.context = context;
        IReadOnlyList<InputGradientPhase> phases = InputGradientPhase.Of(s);
        clears = !phases.Cover(s);
        products = [.. phases.Select(phase => ConvolutionParts.Product(
            context, ConvolutionParts.InputGradient(op, s, phase.Patches.Count, phase.Patches.Size), phase.Patches, phase.Filters,
                phase.Target))];
    }

    public long WorkspaceBytes => products.Length == 0 ? 0 : products.Max(product => product.WorkspaceBytes);

    public void Run(StepBuffers buffers)
    {
        BufferView target = buffers.Outputs[0];
        if (clears) context.Device.Clear(target.Buffer!, target.Offset, target.Bytes);
        foreach (DeviceProduct product in products)
            product.Run(new(buffers.Inputs[0], buffers.Inputs[1], default, target, buffers.Workspace));
    }
}

/// <summary>Convolutions as the device's kernels see them.</summary>
internal static class ConvolutionParts
{
    /// <summary>Whether every pixel of the input lies in some phase.</summary>
    public static bool Cover(this IReadOnlyList<InputGradientPhase> phases, ConvolutionShape s) =>
        phases.Count == Math.Min(s.StrideH, s.H) * Math.Min(s.StrideW, s.W);

    /// <summary>Forward convolution as a product.</summary>
    public static ProductProblem Forward(ConvolutionOp op, ConvolutionShape s, bool hasBias)
    {
        int options = MatrixProductStep.Options(hasBias, op.Activation) | Vectors(s.GroupC, s.FilterSize, s.GroupK);
        return new(op.Name, new(s.N * s.P * s.Q, s.GroupK, s.FilterSize, s.Groups), options, s.InputCount, s.FilterCount, s.OutputCount);
    }

    /// <summary>The gradient of the input, or of a part of its pixels, as a product.</summary>
    public static ProductProblem InputGradient(ConvolutionInputGradientOp op, ConvolutionShape s, int pixels, int depth) =>
        new(op.Name, new(pixels, s.GroupC, depth, s.Groups), Vectors(s.GroupK, s.GroupC, s.GroupC), s.OutputCount, s.FilterCount,
            s.InputCount);

    /// <summary>The gradient of filters as a product.</summary>
    public static ProductProblem WeightGradient(ConvolutionWeightGradientOp op, ConvolutionShape s) =>
        new(op.Name, new(s.GroupK, s.FilterSize, s.N * s.P * s.Q, s.Groups), Vectors(s.GroupK, s.GroupC, s.FilterSize), s.OutputCount,
            s.InputCount, s.FilterCount);

    /// <summary>Filters as columns.</summary>
    public static MatrixAlongDepth Filters(ConvolutionShape s) => new(s.GroupK, s.FilterSize, s.GroupK * s.FilterSize);

    /// <summary>The output's pixels.</summary>
    public static MatrixTarget Outputs(ConvolutionShape s) => new(s.K, s.GroupK);

    /// <summary>The output's gradient, with filters as rows.</summary>
    public static MatrixAlongOuter OutputGradient(ConvolutionShape s) => new(s.GroupK, s.K, s.GroupK);

    /// <summary>The gradient of filters, one a row.</summary>
    public static MatrixTarget FilterGradient(ConvolutionShape s) => new(s.FilterSize, s.GroupK * s.FilterSize);

    private static int Vectors(int a, int b, int c) =>
        (a % 4 == 0 ? TiledProduct.VectorA : 0) | (b % 4 == 0 ? TiledProduct.VectorB : 0) | (c % 4 == 0 ? TiledProduct.VectorC : 0);

    /// <summary>A product whose rows are patches.</summary>
    public static DeviceProduct Product<TB, TTarget>(
        GpuContext context, ProductProblem problem, PatchGrid patches, TB right, TTarget target)
        where TB : unmanaged, IOperand
        where TTarget : unmanaged, ITarget => Math.Max(patches.TapsY, patches.TapsX) <= MaskedPatchesAlongDepth.MostTaps
            ? DeviceProduct.Of(context, problem, new MaskedPatchesAlongDepth(patches), right, target)
            : DeviceProduct.Of(context, problem, new PatchesAlongDepth(patches), right, target);
}
