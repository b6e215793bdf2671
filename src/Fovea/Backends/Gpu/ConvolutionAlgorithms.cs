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
            Conv2dWeightGradient op => new Conv2dWeightGradientStep(op, problem.Inputs, context),
            _ => throw new NotSupportedException(problem.Op.Name),
        }),
    ];
}
