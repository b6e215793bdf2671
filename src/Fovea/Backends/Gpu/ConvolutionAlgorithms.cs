using Fovea.Backends.Convolutions;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Gpu;

/// <summary>The algorithms that devices have for convolutions. To add one is to add a line here.</summary>
internal static class ConvolutionAlgorithms
{
    /// <summary>The algorithms on a device.</summary>
    public static IReadOnlyList<ConvMethod> On(GpuContext context) =>
    [
        // 1×1 filters need no patches there: the step takes the matrix as it lies.
        new(ConvAlgorithm.ImplicitGemm, (_, _) => true, problem => problem.Op switch
        {
            Conv2d op => new Conv2dStep(op, problem.Inputs, context),
            Conv2dInputGradient op => new Conv2dInputGradientStep(op, problem.Inputs, context),
            _ => new Conv2dWeightGradientStep((Conv2dWeightGradient)problem.Op, problem.Inputs, context),
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
