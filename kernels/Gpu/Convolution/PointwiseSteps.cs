using Fovea.Execution;
using Fovea.Gpu.Product;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution;

/// <summary>Convolutions with 1×1 filters on a device: the pixels are the rows of a matrix as they lie in memory.</summary>
internal static class PointwiseSteps
{
    /// <summary>Whether the patches of a group are nothing but the rows of a matrix.</summary>
    public static bool Supports(ConvolutionShape s) =>
        s is { R: 1, S: 1, StrideH: 1, StrideW: 1, PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };

    /// <summary>Images times filters.</summary>
    public static IStep Forward(ConvolutionOp op, ConvolutionShape s, bool hasBias, GpuContext context)
    {
        ProductProblem problem = ConvolutionParts.Forward(op, s, hasBias);
        var images = new MatrixAlongDepth(problem.Shape.Rows, s.C, s.GroupC);
        return new ProductStep(
            DeviceProduct.Of(context, problem, images, ConvolutionParts.Filters(s), ConvolutionParts.Outputs(s)), hasBias: hasBias);
    }

    /// <summary>The output's gradient times filters.</summary>
    public static IStep InputGradient(ConvolutionInputGradientOp op, ConvolutionShape s, GpuContext context)
    {
        ProductProblem problem = ConvolutionParts.InputGradient(op, s, s.N * s.H * s.W, s.GroupK);
        var gradient = new MatrixAlongDepth(problem.Shape.Rows, s.K, s.GroupK);
        var filters = new MatrixAlongOuter(s.GroupC, s.GroupC, s.GroupK * s.GroupC);
        return new ProductStep(DeviceProduct.Of(context, problem, gradient, filters, new MatrixTarget(s.C, s.GroupC)));
    }

    /// <summary>The output's gradient, transposed, times images.</summary>
    public static IStep WeightGradient(ConvolutionWeightGradientOp op, ConvolutionShape s, GpuContext context) => new ProductStep(
        DeviceProduct.Of(context, ConvolutionParts.WeightGradient(op, s), ConvolutionParts.OutputGradient(s),
            new MatrixAlongOuter(s.GroupC, s.C, s.GroupC), ConvolutionParts.FilterGradient(s)), left: 1, right: 0);
}
