using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>Convolution as a matrix product whose left side, the patches of the image, is packed on the fly.</summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class ConvolutionForward : IForwardConvolution
{
    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<PatchPanels, StridedPanels, DenseTarget> product;

    /// <summary>Prepares convolutions of one shape.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public ConvolutionForward(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        product = new(shape.N * shape.P * shape.Q, shape.GroupK, shape.FilterSize, pool.ThreadCount, level ?? CpuFeatures.Simd,
            run: ReadInPlace(shape.GroupC));
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => product.WorkspaceBytes;

    /// <summary>Computes output = input ∗ weights + bias.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="weights">K×R×S×(C/groups).</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace)
    {
        for (int group = 0; group < shape.Groups; group++)
        {
            int k = group * shape.GroupK;
            product.Run(pool, new PatchPanels(InputPatches(shape, input, group)),
                new StridedPanels(weights + ((nint)k * shape.FilterSize), shape.FilterSize, ContiguousInK: true),
                new DenseTarget(output + k, shape.K), bias is null ? null : bias + k, clampNegative, workspace);
        }
    }

    /// <summary>The steps of k that patches can be read where they lie, if they are enough to pay: all channels of a tap.</summary>
    internal static int ReadInPlace(int channels) => channels >= 16 ? channels : 0;

    /// <summary>The patches that a group's filters see.</summary>
    internal static ImagePatches InputPatches(ConvolutionShape shape, float* input, int group) =>
        new(PatchGrid.OfInput(shape), input + (group * shape.GroupC));
}
