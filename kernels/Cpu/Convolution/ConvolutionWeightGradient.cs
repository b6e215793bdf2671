using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The gradient of a convolution with respect to its weights, summed over all pixels: dWᵀ = patchesᵀ · dY with patches read where they
/// lie, or dW = dYᵀ · patches with packed ones, where that leaves less of the vectors idle.
/// </summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class ConvolutionWeightGradient : IConvolutionGradient
{
    /// <summary>Below so many result elements the pixels are divided among the threads as well, into this many parts.</summary>
    private const int SmallResult = 64 * 1024, MostSplits = 16, LeastPixels = 1024;

    /// <summary>So many elements of a patch, and pixels of a line, make reading them in place pay.</summary>
    private const int LeastRun = 16, LeastLine = 8;

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly BlockedGemm<StridedPanels, TransposedPatchPanels, DenseTarget>? packed;
    private readonly BlockedGemm<PatchColumns, StridedPanels, DenseTarget>? inPlace;
    private readonly Action<int, int> turn;
    private float* turned, result;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public ConvolutionWeightGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        turn = Turn;
        int pixels = shape.N * shape.P * shape.Q;
        SimdLevel vectors = level ?? CpuFeatures.Simd;
        if (ReadsInPlace(shape)) inPlace = new(shape.FilterSize, shape.GroupK, pixels, pool.ThreadCount, vectors, Splits(shape), shape.Q);
        else packed = new(shape.GroupK, shape.FilterSize, pixels, pool.ThreadCount, vectors, Splits(shape));
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => packed?.WorkspaceBytes ?? (TurnedFloats * sizeof(float)) + inPlace!.WorkspaceBytes;

    private long TurnedFloats => (((long)shape.FilterSize * shape.GroupK) + 15) / 16 * 16;

    /// <summary>
    /// Into how many parts the pixels are divided: a function of the shape alone, so that the sum's order, and with it every bit, is
    /// the same on any number of threads.
    /// </summary>
    internal static int Splits(ConvolutionShape shape) =>
        (long)shape.GroupK * shape.FilterSize < SmallResult ? Math.Clamp(shape.N * shape.P * shape.Q / LeastPixels, 1, MostSplits) : 1;

    /// <summary>Computes the gradient.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weightGradient">K×R×S×(C/groups); overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* input, float* outputGradient, float* weightGradient, float* workspace)
    {
        for (int group = 0; group < shape.Groups; group++)
        {
            int k = group * shape.GroupK;
            ImagePatches patches = ConvolutionForward.InputPatches(shape, input, group);
            var gradient = new StridedPanels(outputGradient + k, shape.K, ContiguousInK: false);
            result = weightGradient + ((nint)k * shape.FilterSize);
            if (packed is not null)
            {
                packed.Run(
                    pool, gradient, new TransposedPatchPanels(patches), new DenseTarget(result, shape.FilterSize), null, false, workspace);
                continue;
            }
            turned = workspace;
            inPlace!.Run(
                pool, new PatchColumns(patches), gradient, new DenseTarget(turned, shape.GroupK), null, false, workspace + TurnedFloats);
            pool.For((shape.GroupK + 15) / 16, turn);
        }
    }

    /// <summary>Whether patches are read where they lie.</summary>
    private static bool ReadsInPlace(ConvolutionShape shape)
    {
        return PatchGrid.OfInput(shape).RunLength >= LeastRun && shape.Q >= LeastLine
            && Idle(shape.FilterSize, shape.GroupK) <= Idle(shape.GroupK, shape.FilterSize);

        static double Idle(int rows, int columns) =>
            (double)((rows + RegisterTiles.ShortRows - 1) / RegisterTiles.ShortRows * RegisterTiles.ShortRows) / rows
            * ((columns + 15) / 16 * 16) / columns;
    }

    /// <summary>Brings the gradients of sixteen filters to their places.</summary>
    private void Turn(int task, int worker)
    {
        int first = task * 16, count = Math.Min(16, shape.GroupK - first);
        new StridedPanels(turned + first, shape.GroupK, ContiguousInK: true)
            .Pack(0, shape.FilterSize, 0, count, result + ((nint)first * shape.FilterSize), shape.FilterSize);
    }
}
