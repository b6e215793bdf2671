using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// Convolution with 3×3 filters by F(2×2, 3×3) or F(4×4, 3×3): 2.25 or 4 times fewer multiplications, for more additions and a
/// larger error.
/// </summary>
/// <remarks>
/// A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308. An instance is prepared for one
/// shape and serves one caller at a time.
/// </remarks>
internal sealed unsafe class WinogradForward : IForwardConvolution
{
    private readonly FilterTiles filters;
    private readonly WinogradProduct product;

    /// <summary>Prepares convolutions of one shape.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="ArgumentException">The shape is none that <see cref="Supports"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such tiles.</exception>
    public WinogradForward(ConvolutionShape shape, WorkerPool pool, int outputs, SimdLevel? level = null)
    {
        Require(shape);
        TileTransforms transforms = TileTransforms.For(outputs, level ?? CpuFeatures.Simd);
        MicroKernel kernel = MicroKernel.For(level ?? CpuFeatures.Simd, shape.K);
        filters = new(transforms, kernel, shape.K, shape.C, backwards: false, pool);
        int down = (shape.P + outputs - 1) / outputs, across = (shape.Q + outputs - 1) / outputs;
        product = new(transforms, kernel, filters,
            new(shape.H, shape.W, shape.C, down, across, outputs, transforms.Points, -shape.PadTop, -shape.PadLeft),
            new(shape.P, shape.Q, shape.K, down, across, outputs, outputs), shape.N, pool);
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => filters.Bytes + product.WorkspaceBytes;

    /// <summary>The size of prepared weights, in bytes.</summary>
    public long PreparedBytes => filters.Bytes;

    /// <summary>Whether the method can do this: 3×3 filters without stride, dilation and groups.</summary>
    /// <param name="shape">The sizes.</param>
    public static bool Supports(ConvolutionShape shape) => shape is
    {
        R: 3, S: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1
    };

    /// <summary>Transforms weights that serve several runs.</summary>
    /// <param name="weights">K×3×3×C.</param>
    /// <param name="prepared">At least <see cref="PreparedBytes"/> bytes on a 64-byte boundary.</param>
    public void PrepareWeights(float* weights, float* prepared) => filters.Prepare(weights, prepared);

    /// <summary>Computes output = input ∗ weights + bias.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="weights">K×3×3×C.</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace)
    {
        PrepareWeights(weights, workspace);
        RunPrepared(input, workspace, bias, output, clampNegative, workspace + (filters.Bytes / sizeof(float)));
    }

    /// <summary>Computes output = input ∗ weights + bias with weights that are prepared.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="prepared">What <see cref="PrepareWeights"/> made.</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> − <see cref="PreparedBytes"/> bytes on a 64-byte boundary.</param>
    public void RunPrepared(float* input, float* prepared, float* bias, float* output, bool clampNegative, float* workspace) =>
        product.Run(input, prepared, bias, output, clampNegative, workspace);

    internal static void Require(ConvolutionShape shape)
    {
        if (!Supports(shape))
            throw new ArgumentException("Winograd convolution takes 3×3 filters without stride, dilation and groups.", nameof(shape));
    }
}
