using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>Convolution as its sum is written down, with the sums in registers.</summary>
/// <remarks>
/// It wins where the patches of implicit GEMM cost more than they save: with few channels, and with many groups. An instance is
/// prepared for one shape and serves one caller at a time.
/// </remarks>
internal sealed unsafe class DirectForward : IForwardConvolution
{
    private const long MostBandFloats = 1L << 28;

    private readonly ConvolutionShape shape;
    private readonly DirectSweep sweep;

    /// <summary>Prepares convolutions of one shape.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public DirectForward(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        this.shape = shape;
        var weights =
            new DirectWeights(shape.FilterSize, 1, (nint)shape.GroupK * shape.FilterSize, 0, shape.S * shape.GroupC, shape.GroupC);
        sweep = new DirectSweep(PatchGrid.OfInput(shape), weights, shape.N, shape.Groups, shape.GroupK, pool, level ?? CpuFeatures.Simd);
    }

    /// <inheritdoc/>
    public long WorkspaceBytes => sizeof(float) * (sweep.PackedFloats + sweep.ScratchFloats);

    /// <inheritdoc/>
    public long PreparedBytes => sizeof(float) * sweep.PackedFloats;

    /// <summary>Whether the lines that one line of the output needs, padded, make a band that can be addressed.</summary>
    public static bool Supports(ConvolutionShape shape)
    {
        long lines = Window.Reach(shape.R, shape.DilationH) + shape.StrideH,
            pixels = (long)shape.W + shape.PadLeft + shape.PadRight + Window.Reach(shape.S, shape.DilationW);
        return ((Int128)lines * pixels + (16L * shape.StrideW)) * Math.Max(shape.C, shape.K) <= MostBandFloats;
    }

    /// <inheritdoc/>
    public void PrepareWeights(float* weights, float* prepared) => sweep.PackWeights(weights, prepared);

    /// <inheritdoc/>
    public void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace)
    {
        sweep.PackWeights(weights, workspace);
        RunPrepared(input, workspace, bias, output, clampNegative, workspace + sweep.PackedFloats);
    }

    /// <inheritdoc/>
    public void RunPrepared(float* input, float* prepared, float* bias, float* output, bool clampNegative, float* workspace) =>
        sweep.Run(
            input, prepared, bias, output, ((nint)shape.P * shape.Q * shape.K, (nint)shape.Q * shape.K, shape.K), clampNegative, workspace);
}
