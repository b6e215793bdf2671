using Fovea.Graph.Ops;
using Fovea.Kernels;
using Fovea.Kernels.Simt.Convolution;
using Fovea.Kernels.Simt.Gemm;

namespace Fovea.Backends.Gpu;

/// <summary>A convolution on a device: patches of the input times filters.</summary>
internal sealed class Conv2dStep : IStep
{
    private readonly DeviceProduct product;
    private readonly bool hasBias;

    public Conv2dStep(Conv2d op, IReadOnlyList<TensorSpec> inputs, GpuContext context)
    {
        ConvolutionShape s = op.Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
        hasBias = inputs.Count > 2;
        int options = GemmStep.Options(hasBias, op.Activation);
        if (s.GroupC % 4 == 0) options |= TiledProduct.VectorA;
        if (s.FilterSize % 4 == 0) options |= TiledProduct.VectorB;
        if (s.GroupK % 4 == 0) options |= TiledProduct.VectorC;
        var problem = new ProductProblem(op.Name, new(s.N * s.P * s.Q, s.GroupK, s.FilterSize, s.Groups), options, s.InputCount(), s.FilterCount(), s.OutputCount());
        var filters = new MatrixAlongDepth(s.GroupK, s.FilterSize, s.GroupK * s.FilterSize);
        var target = new MatrixTarget(s.K, s.GroupK);
        product = s.IsPointwise()
            ? DeviceProduct.Of(context, problem, new MatrixAlongDepth(problem.Shape.Rows, s.C, s.GroupC), filters, target)
            : ConvolutionParts.Product(context, problem, s.Patches(), filters, target);
    }

    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) =>
        product.Run(new(buffers.Inputs[0], buffers.Inputs[1], hasBias ? buffers.Inputs[2] : default, buffers.Outputs[0], buffers.Workspace));
}

/// <summary>The gradient of a convolution's input on a device: for each phase of the stride, patches of the output's gradient times filters.</summary>
internal sealed class Conv2dInputGradientStep : IStep
{
    private readonly DeviceProduct[] products;
    private readonly GpuContext context;
    private readonly bool clears;

    public Conv2dInputGradientStep(Conv2dInputGradient op, IReadOnlyList<TensorSpec> inputs, GpuContext context)
    {
        this.context = context;
        ConvolutionShape s = op.Geometry.Shape(op.Input, inputs[1].Shape);
        int options = (s.GroupK % 4 == 0 ? TiledProduct.VectorA : 0) | (s.GroupC % 4 == 0 ? TiledProduct.VectorB | TiledProduct.VectorC : 0);
        if (s.IsPointwise())
        {
            ProductProblem problem = Problem(s.N * s.H * s.W, s.GroupK);
            products =
            [
                DeviceProduct.Of(context, problem, new MatrixAlongDepth(problem.Shape.Rows, s.K, s.GroupK),
                    new MatrixAlongOuter(s.GroupC, s.GroupC, s.GroupK * s.GroupC), new MatrixTarget(s.C, s.GroupC)),
            ];
            return;
        }
        IReadOnlyList<InputGradientPhase> phases = InputGradientPhase.Of(s);
        clears = phases.Count < Math.Min(s.StrideH, s.H) * Math.Min(s.StrideW, s.W);
        products = [.. phases.Select(phase => ConvolutionParts.Product(
            context, Problem(phase.Patches.Count, phase.Patches.Size), phase.Patches, phase.Filters, phase.Target))];

        ProductProblem Problem(int rows, int depth) =>
            new(op.Name, new(rows, s.GroupC, depth, s.Groups), options, s.OutputCount(), s.FilterCount(), s.InputCount());
    }

    public long WorkspaceBytes => products.Length == 0 ? 0 : products.Max(product => product.WorkspaceBytes);

    public void Run(StepBuffers buffers)
    {
        BufferView target = buffers.Outputs[0];
        if (clears) context.Accelerator.Clear(target.Buffer!, target.Offset, target.Bytes);
        foreach (DeviceProduct product in products) product.Run(new(buffers.Inputs[0], buffers.Inputs[1], default, target, buffers.Workspace));
    }
}

/// <summary>The gradient of a convolution's filters on a device: the output's gradient, transposed, times patches of the input.</summary>
internal sealed class Conv2dWeightGradientStep : IStep
{
    private readonly DeviceProduct product;

    public Conv2dWeightGradientStep(Conv2dWeightGradient op, IReadOnlyList<TensorSpec> inputs, GpuContext context)
    {
        ConvolutionShape s = op.Geometry.Shape(inputs[0].Shape, op.Weights);
        int options = (s.GroupK % 4 == 0 ? TiledProduct.VectorA : 0) | (s.GroupC % 4 == 0 ? TiledProduct.VectorB : 0) | (s.FilterSize % 4 == 0 ? TiledProduct.VectorC : 0);
        var problem = new ProductProblem(op.Name, new(s.GroupK, s.FilterSize, s.N * s.P * s.Q, s.Groups), options, s.OutputCount(), s.InputCount(), s.FilterCount());
        var gradient = new MatrixAlongOuter(s.GroupK, s.K, s.GroupK);
        var target = new MatrixTarget(s.FilterSize, s.GroupK * s.FilterSize);
        product = s.IsPointwise()
            ? DeviceProduct.Of(context, problem, gradient, new MatrixAlongOuter(s.GroupC, s.C, s.GroupC), target)
            : DeviceProduct.Of(context, problem, gradient, new PatchesAlongOuter(s.Patches()), target);
    }

    public long WorkspaceBytes => product.WorkspaceBytes;

    public void Run(StepBuffers buffers) => product.Run(new(buffers.Inputs[1], buffers.Inputs[0], default, buffers.Outputs[0], buffers.Workspace));
}

/// <summary>Convolutions as the device's kernels see them.</summary>
internal static class ConvolutionParts
{
    public static long InputCount(this ConvolutionShape s) => (long)s.N * s.H * s.W * s.C;

    public static long FilterCount(this ConvolutionShape s) => (long)s.K * s.FilterSize;

    public static long OutputCount(this ConvolutionShape s) => (long)s.N * s.P * s.Q * s.K;

    /// <summary>Whether the patches of a group are nothing but the rows of a matrix.</summary>
    public static bool IsPointwise(this ConvolutionShape s) =>
        s is { R: 1, S: 1, StrideH: 1, StrideW: 1, PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };

    /// <summary>A product whose rows are patches.</summary>
    public static DeviceProduct Product<TB, TTarget>(GpuContext context, ProductProblem problem, PatchGrid patches, TB right, TTarget target)
        where TB : unmanaged, IOperand
        where TTarget : unmanaged, ITarget => Math.Max(patches.TapsY, patches.TapsX) <= MaskedPatchesAlongDepth.MostTaps
            ? DeviceProduct.Of(context, problem, new MaskedPatchesAlongDepth(patches), right, target)
            : DeviceProduct.Of(context, problem, new PatchesAlongDepth(patches), right, target);

    /// <summary>The patches of the input.</summary>
    public static PatchGrid Patches(this ConvolutionShape s) => new()
    {
        Count = s.N * s.P * s.Q,
        Height = s.H,
        Width = s.W,
        PixelStride = s.C,
        Channels = s.GroupC,
        GridHeight = s.P,
        GridWidth = s.Q,
        StepY = s.StrideH,
        StepX = s.StrideW,
        OffsetY = -s.PadTop,
        OffsetX = -s.PadLeft,
        TapsY = s.R,
        TapsX = s.S,
        TapStepY = s.DilationH,
        TapStepX = s.DilationW,
    };
}
