using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// The gradient of a convolution with 3×3 filters with respect to its input by F(2×2, 3×3) or F(4×4, 3×3): a convolution of the
/// output's gradient with filters that are turned by half a circle.
/// </summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class WinogradInputGradient : IConvolutionGradient
{
    private readonly FilterTiles filters;
    private readonly WinogradProduct product;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="outputs">Height and width of a tile of the input's gradient: 2 or 4.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    /// <exception cref="ArgumentException">The shape is none that <see cref="Supports"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such tiles.</exception>
    public WinogradInputGradient(ConvolutionShape shape, WorkerPool pool, int outputs, SimdLevel? level = null)
    {
        WinogradForward.Require(shape);
        TileTransforms transforms = TileTransforms.For(outputs, level ?? CpuFeatures.Simd);
        MicroKernel kernel = MicroKernel.For(level ?? CpuFeatures.Simd, shape.C);
        filters = new(transforms, kernel, shape.K, shape.C, backwards: true, pool);
        int down = (shape.H + outputs - 1) / outputs, across = (shape.W + outputs - 1) / outputs;
        product = new(transforms, kernel, filters,
            new(shape.P, shape.Q, shape.K, down, across, outputs, transforms.Points, shape.PadTop - 2, shape.PadLeft - 2),
            new(shape.H, shape.W, shape.C, down, across, outputs, outputs), shape.N, pool);
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => filters.Bytes + product.WorkspaceBytes;

    /// <inheritdoc cref="WinogradForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => WinogradForward.Supports(shape);

    /// <summary>Computes the gradient.</summary>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weights">K×3×3×C.</param>
    /// <param name="inputGradient">N×H×W×C; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* outputGradient, float* weights, float* inputGradient, float* workspace)
    {
        filters.Prepare(weights, workspace);
        product.Run(outputGradient, workspace, null, inputGradient, false, workspace + (filters.Bytes / sizeof(float)));
    }
}
