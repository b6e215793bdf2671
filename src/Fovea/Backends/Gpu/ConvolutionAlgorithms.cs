using Fovea.Backends.Convolutions;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Gpu;

/// <summary>The algorithms that devices have for convolutions. To add one is to add a line here.</summary>
internal static class ConvolutionAlgorithms
{
    /// <summary>The algorithms on a device.</summary>
    public static IReadOnlyList<ConvMethod> On(GpuContext context) =>
    [
        new(ConvAlgorithm.ImplicitGemm, (_, _) => true, problem => problem.Op switch
        {
            Conv2d op => ImplicitGemmSteps.Forward(op, problem.Shape, problem.HasBias, context),
            Conv2dInputGradient op => new ImplicitGemmInputGradientStep(op, problem.Shape, context),
            _ => ImplicitGemmSteps.WeightGradient((Conv2dWeightGradient)problem.Op, problem.Shape, context),
        }),
        new(ConvAlgorithm.Direct, (_, _) => true, problem => problem.Op switch
        {
            Conv2d op => new DirectConv2dStep(op, problem.Shape, problem.HasBias, context),
            Conv2dInputGradient => new DirectInputGradientStep(problem.Shape, context),
            _ => new DirectWeightGradientStep(problem.Shape, context),
        }),
        new(ConvAlgorithm.Pointwise, (shape, _) => PointwiseSteps.Supports(shape), problem => problem.Op switch
        {
            Conv2d op => PointwiseSteps.Forward(op, problem.Shape, problem.HasBias, context),
            Conv2dInputGradient op => PointwiseSteps.InputGradient(op, problem.Shape, context),
            _ => PointwiseSteps.WeightGradient((Conv2dWeightGradient)problem.Op, problem.Shape, context),
        }),
        Winograd(ConvAlgorithm.Winograd2, 2, context),
        Winograd(ConvAlgorithm.Winograd4, 4, context),
        new(ConvAlgorithm.Fft, (shape, _) => FftTiles.Supports(shape), problem => problem.Op switch
        {
            Conv2d op => new FftConv2dStep(op, problem.Inputs, context),
            Conv2dInputGradient op => new FftConv2dInputGradientStep(op, problem.Inputs, context),
            _ => new FftConv2dWeightGradientStep((Conv2dWeightGradient)problem.Op, problem.Inputs, context),
        }),
    ];

    private static ConvMethod Winograd(ConvAlgorithm algorithm, int outputs, GpuContext context) =>
        new(algorithm, (shape, _) => WinogradParts.Supports(shape, outputs), problem => problem.Op switch
        {
            Conv2d op => new WinogradConv2dStep(op, problem.Inputs, context, outputs),
            Conv2dInputGradient op => new WinogradInputGradientStep(op, problem.Inputs, context, outputs),
            _ => new WinogradWeightGradientStep((Conv2dWeightGradient)problem.Op, problem.Inputs, context, outputs),
        });
}
