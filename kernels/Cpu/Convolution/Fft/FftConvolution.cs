using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>Convolution by fast Fourier transforms of tiles.</summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class FftForward : IForwardConvolution
{
    private readonly ICorrelation pass;

    /// <summary>Prepares convolutions of one shape.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="NotSupportedException">This way cannot do that shape: see <see cref="Supports"/>.</exception>
    public FftForward(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null) =>
        pass = FftPasses.Correlation(shape, pool, false, level);

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => pass.WorkspaceBytes;

    /// <summary>The size of prepared weights, in bytes.</summary>
    public long PreparedBytes => pass.PreparedBytes;

    /// <summary>Whether a shape can be convolved this way: strides, dilations and groups of 1, and any padding.</summary>
    public static bool Supports(ConvolutionShape shape) => FftPasses.Supports(shape);

    /// <summary>How long a run takes by estimate, in cycles of one thread with 512-bit vectors; for choosing among algorithms.</summary>
    /// <param name="shape">A shape that is supported.</param>
    public static double EstimateCycles(ConvolutionShape shape) => FftPasses.ForwardTiling(shape, Lanes512.Count).Cycles;

    /// <summary>Transforms weights that several runs will use.</summary>
    /// <param name="weights">K×R×S×C.</param>
    /// <param name="prepared"><see cref="PreparedBytes"/> bytes on a 64-byte boundary.</param>
    public void PrepareWeights(float* weights, float* prepared) => pass.Prepare(weights, prepared);

    /// <summary>Computes output = input ∗ weights + bias.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="weights">K×R×S×C.</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace) =>
        pass.Run(input, weights, null, bias, output, clampNegative, workspace);

    /// <summary>Computes the same with weights that <see cref="PrepareWeights"/> transformed.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="prepared">The weights.</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void RunPrepared(float* input, float* prepared, float* bias, float* output, bool clampNegative, float* workspace) =>
        pass.Run(input, null, prepared, bias, output, clampNegative, workspace);
}

/// <summary>The gradient of a convolution with respect to its input, by fast Fourier transforms of tiles.</summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class FftInputGradient : IConvolutionGradient
{
    private readonly ICorrelation pass;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="NotSupportedException">This way cannot do that shape: see <see cref="Supports"/>.</exception>
    public FftInputGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null) =>
        pass = FftPasses.Correlation(shape, pool, true, level);

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => pass.WorkspaceBytes;

    /// <summary>Whether a shape can be convolved this way: strides, dilations and groups of 1, and any padding.</summary>
    public static bool Supports(ConvolutionShape shape) => FftPasses.Supports(shape);

    /// <summary>How long a run takes by estimate, in cycles of one thread with 512-bit vectors; for choosing among algorithms.</summary>
    /// <param name="shape">A shape that is supported.</param>
    public static double EstimateCycles(ConvolutionShape shape) => FftPasses.InputGradientTiling(shape, Lanes512.Count).Cycles;

    /// <summary>Computes the gradient.</summary>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weights">K×R×S×C.</param>
    /// <param name="inputGradient">N×H×W×C; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* outputGradient, float* weights, float* inputGradient, float* workspace) =>
        pass.Run(outputGradient, weights, null, null, inputGradient, false, workspace);
}

/// <summary>The gradient of a convolution with respect to its weights, by fast Fourier transforms of tiles.</summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class FftWeightGradient : IConvolutionGradient
{
    private readonly IFilterGradient pass;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="NotSupportedException">This way cannot do that shape: see <see cref="Supports"/>.</exception>
    public FftWeightGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null) =>
        pass = FftPasses.FilterGradient(shape, pool, level);

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => pass.WorkspaceBytes;

    /// <summary>Whether a shape can be convolved this way: strides, dilations and groups of 1, and any padding.</summary>
    public static bool Supports(ConvolutionShape shape) => FftPasses.Supports(shape);

    /// <summary>How long a run takes by estimate, in cycles of one thread with 512-bit vectors; for choosing among algorithms.</summary>
    /// <param name="shape">A shape that is supported.</param>
    public static double EstimateCycles(ConvolutionShape shape) => FftPasses.WeightGradientTiling(shape, Lanes512.Count).Cycles;

    /// <summary>Computes the gradient.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weightGradient">K×R×S×C; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* input, float* outputGradient, float* weightGradient, float* workspace) =>
        pass.Run(input, outputGradient, weightGradient, workspace);
}

/// <summary>Picks the text for a vector width.</summary>
internal static class FftPasses
{
    public static bool Supports(ConvolutionShape shape) =>
        shape is { StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1 } && FftTiling.Fits(shape.R, shape.S);

    public static FftTiling ForwardTiling(ConvolutionShape s, int lanes) => FftTiling.Choose(s.N, s.P, s.Q, s.R, s.S, s.C, s.K, lanes);

    public static FftTiling InputGradientTiling(ConvolutionShape s, int lanes) =>
        FftTiling.Choose(s.N, s.H, s.W, s.R, s.S, s.K, s.C, lanes);

    public static FftTiling WeightGradientTiling(ConvolutionShape s, int lanes) =>
        FftTiling.Choose(s.N, s.P, s.Q, s.R, s.S, s.K, s.C, lanes);

    public static ICorrelation Correlation(
        ConvolutionShape shape, WorkerPool pool, bool backward, SimdLevel? level, (int Height, int Width)? tile = null)
    {
        Require(shape);
        return (level ?? CpuFeatures.Simd) switch
        {
            SimdLevel.Vector512 => new Correlation<Lanes512>(shape, pool, backward, tile),
            SimdLevel.Vector256 => new Correlation<Lanes256>(shape, pool, backward, tile),
            _ => new Correlation<Lanes128>(shape, pool, backward, tile),
        };
    }

    public static IFilterGradient FilterGradient(
        ConvolutionShape shape, WorkerPool pool, SimdLevel? level, (int Height, int Width)? tile = null)
    {
        Require(shape);
        return (level ?? CpuFeatures.Simd) switch
        {
            SimdLevel.Vector512 => new FilterGradient<Lanes512>(shape, pool, tile),
            SimdLevel.Vector256 => new FilterGradient<Lanes256>(shape, pool, tile),
            _ => new FilterGradient<Lanes128>(shape, pool, tile),
        };
    }

    private static void Require(ConvolutionShape shape)
    {
        if (!Supports(shape))
            throw new NotSupportedException(
                "Convolution by Fourier transforms needs strides, dilations and groups of 1 and filters of at most a million taps; "
                + "choose another algorithm for this layer.");
    }
}
