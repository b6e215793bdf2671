using Fovea.Core.Tuning;
using Fovea.Gpu.Convolution.Fft;
using Fovea.Gpu.Convolution.Winograd;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution;

/// <summary>The algorithms that devices have for convolutions. To add one is to add a line here.</summary>
internal static class ConvolutionAlgorithms
{
    /// <summary>The algorithms on a device.</summary>
    public static IReadOnlyList<ConvolutionMethod> On(GpuContext context) =>
    [
        new(ConvolutionAlgorithm.ImplicitGemm, (_, _) => true, problem => problem.Op switch
        {
            ConvolutionOp op => ImplicitGemmSteps.Forward(op, problem.Shape, problem.HasBias, context),
            ConvolutionInputGradientOp op => new ImplicitGemmInputGradientStep(op, problem.Shape, context),
            _ => ImplicitGemmSteps.WeightGradient((ConvolutionWeightGradientOp)problem.Op, problem.Shape, context),
        }),
        new(ConvolutionAlgorithm.Direct, (_, _) => true, problem => problem.Op switch
        {
            ConvolutionOp op => new DirectForwardStep(op, problem.Shape, problem.HasBias, context),
            ConvolutionInputGradientOp => new DirectInputGradientStep(problem.Shape, context),
            _ => new DirectWeightGradientStep(problem.Shape, context),
        }),
        new(ConvolutionAlgorithm.Pointwise, (shape, _) => PointwiseSteps.Supports(shape), problem => problem.Op switch
        {
            ConvolutionOp op => PointwiseSteps.Forward(op, problem.Shape, problem.HasBias, context),
            ConvolutionInputGradientOp op => PointwiseSteps.InputGradient(op, problem.Shape, context),
            _ => PointwiseSteps.WeightGradient((ConvolutionWeightGradientOp)problem.Op, problem.Shape, context),
        }),
        Winograd(ConvolutionAlgorithm.Winograd2, 2, context),
        Winograd(ConvolutionAlgorithm.Winograd4, 4, context),
        new(ConvolutionAlgorithm.Fft, (shape, _) => FftTiles.Supports(shape), problem => problem.Op switch
        {
            ConvolutionOp op => new FftForwardStep(op, problem.Inputs, context),
            ConvolutionInputGradientOp op => new FftInputGradientStep(op, problem.Inputs, context),
            _ => new FftWeightGradientStep((ConvolutionWeightGradientOp)problem.Op, problem.Inputs, context),
        }),
    ];

    private static ConvolutionMethod Winograd(ConvolutionAlgorithm algorithm, int outputs, GpuContext context) =>
        new(algorithm, (shape, _) => WinogradParts.Supports(shape, outputs), problem => problem.Op switch
        {
            ConvolutionOp op => new WinogradForwardStep(op, problem.Inputs, context, outputs),
            ConvolutionInputGradientOp op => new WinogradInputGradientStep(op, problem.Inputs, context, outputs),
            _ => new WinogradWeightGradientStep((ConvolutionWeightGradientOp)problem.Op, problem.Inputs, context, outputs),
        });
}
