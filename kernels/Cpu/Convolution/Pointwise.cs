using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// A convolution with 1×1 filters as a product of matrices that lie in memory: pixels × channels times channels × filters.
/// </summary>
internal sealed unsafe class PointwiseForward : IForwardConvolution
{
    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<StridedPanels, StridedPanels, DenseTarget> product;

    /// <summary>Prepares convolutions of one shape.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public PointwiseForward(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        product = new(shape.N * shape.H * shape.W, shape.GroupK, shape.GroupC, pool.ThreadCount, level ?? CpuFeatures.Simd,
            run: ConvolutionForward.ReadInPlace(shape.GroupC));
    }

    /// <inheritdoc/>
    public long WorkspaceBytes => product.WorkspaceBytes;

    /// <summary>Whether the output's pixels are those of the input, one by one: 1×1 filters without stride and padding.</summary>
    public static bool Supports(ConvolutionShape shape) =>
        shape is { R: 1, S: 1, StrideH: 1, StrideW: 1, PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };

    /// <inheritdoc/>
    public void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace)
    {
        for (int group = 0; group < shape.Groups; group++)
        {
            int k = group * shape.GroupK;
            product.Run(pool, new StridedPanels(input + (group * shape.GroupC), shape.C, ContiguousInK: true),
                new StridedPanels(weights + ((nint)k * shape.GroupC), shape.GroupC, ContiguousInK: true),
                new DenseTarget(output + k, shape.K), bias is null ? null : bias + k, clampNegative, workspace);
        }
    }
}

/// <summary>The gradient of the input of a convolution with 1×1 filters: pixels × filters times filters × channels.</summary>
internal sealed unsafe class PointwiseInputGradient : IConvolutionGradient
{
    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<StridedPanels, StridedPanels, DenseTarget> product;

    /// <inheritdoc cref="PointwiseForward(ConvolutionShape, WorkerPool, SimdLevel?)"/>
    public PointwiseInputGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        product = new(shape.N * shape.H * shape.W, shape.GroupC, shape.GroupK, pool.ThreadCount, level ?? CpuFeatures.Simd,
            run: ConvolutionForward.ReadInPlace(shape.GroupK));
    }

    /// <inheritdoc/>
    public long WorkspaceBytes => product.WorkspaceBytes;

    /// <inheritdoc cref="PointwiseForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => PointwiseForward.Supports(shape);

    /// <inheritdoc/>
    public void Run(float* outputGradient, float* weights, float* inputGradient, float* workspace)
    {
        for (int group = 0; group < shape.Groups; group++)
        {
            int k = group * shape.GroupK;
            product.Run(pool, new StridedPanels(outputGradient + k, shape.K, ContiguousInK: true),
                new StridedPanels(weights + ((nint)k * shape.GroupC), shape.GroupC, ContiguousInK: false),
                new DenseTarget(inputGradient + (group * shape.GroupC), shape.C), null, false, workspace);
        }
    }
}

/// <summary>The gradient of 1×1 filters: filters × pixels times pixels × channels.</summary>
internal sealed unsafe class PointwiseWeightGradient : IConvolutionGradient
{
    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<StridedPanels, StridedPanels, DenseTarget> product;

    /// <inheritdoc cref="PointwiseForward(ConvolutionShape, WorkerPool, SimdLevel?)"/>
    public PointwiseWeightGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        product = new(shape.GroupK, shape.GroupC, shape.N * shape.H * shape.W, pool.ThreadCount, level ?? CpuFeatures.Simd,
            ConvolutionWeightGradient.Splits(shape), run: shape.N * shape.H * shape.W);
    }

    /// <inheritdoc/>
    public long WorkspaceBytes => product.WorkspaceBytes;

    /// <inheritdoc cref="PointwiseForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => PointwiseForward.Supports(shape);

    /// <inheritdoc/>
    public void Run(float* input, float* outputGradient, float* weightGradient, float* workspace)
    {
        for (int group = 0; group < shape.Groups; group++)
        {
            int k = group * shape.GroupK;
            product.Run(pool, new StridedPanels(outputGradient + k, shape.K, ContiguousInK: false),
                new StridedPanels(input + (group * shape.GroupC), shape.C, ContiguousInK: false),
                new DenseTarget(weightGradient + ((nint)k * shape.GroupC), shape.GroupC), null, false, workspace);
        }
    }
}
