using Fovea.Core.Tuning;
using Fovea.Cpu.Convolution.Fft;
using Fovea.Cpu.Convolution.Winograd;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>The algorithms that the processor has for convolutions. To add one is to add a line to the table.</summary>
internal static class ConvolutionAlgorithms
{
    /// <summary>The algorithms on some threads.</summary>
    public static IReadOnlyList<ConvolutionMethod> On(WorkerPool pool) =>
    [
        Method(ConvolutionAlgorithm.ImplicitGemm, _ => true, s => new ConvolutionForward(s, pool),
            s => new ConvolutionInputGradient(s, pool), s => new ConvolutionWeightGradient(s, pool)),
        Method(ConvolutionAlgorithm.Direct, DirectForward.Supports, s => new DirectForward(s, pool), s => new DirectInputGradient(s, pool),
            s => new DirectWeightGradient(s, pool)),
        Method(ConvolutionAlgorithm.Pointwise, PointwiseForward.Supports, s => new PointwiseForward(s, pool),
            s => new PointwiseInputGradient(s, pool), s => new PointwiseWeightGradient(s, pool)),
        Method(ConvolutionAlgorithm.Winograd2, WinogradForward.Supports, s => new WinogradForward(s, pool, 2),
            s => new WinogradInputGradient(s, pool, 2), s => new WinogradWeightGradient(s, pool, 2)),
        Method(ConvolutionAlgorithm.Winograd4, WinogradForward.Supports, s => new WinogradForward(s, pool, 4),
            s => new WinogradInputGradient(s, pool, 4), s => new WinogradWeightGradient(s, pool, 4)),
        Method(ConvolutionAlgorithm.Fft, FftForward.Supports, s => new FftForward(s, pool), s => new FftInputGradient(s, pool),
            s => new FftWeightGradient(s, pool)),
    ];

    private static ConvolutionMethod Method(
        ConvolutionAlgorithm algorithm, Func<ConvolutionShape, bool> supports, Func<ConvolutionShape, IForwardConvolution> forward,
        Func<ConvolutionShape, IConvolutionGradient> inputGradient, Func<ConvolutionShape, IConvolutionGradient> weightGradient) =>
        new(algorithm, (shape, _) => supports(shape), problem => problem.Pass switch
        {
            ConvolutionPass.Forward => new ForwardConvolutionStep(forward(problem.Shape), problem.HasBias, problem.Relu),
            ConvolutionPass.InputGradient => new ConvolutionGradientStep(inputGradient(problem.Shape)),
            _ => new ConvolutionGradientStep(weightGradient(problem.Shape)),
        });
}
