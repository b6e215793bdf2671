using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The gradient of the input for few input channels: the gradients of all patches as one product of the output's gradient with the
/// filters, added to the pixels that they were taken from (col2im).
/// </summary>
/// <remarks>
/// With few channels the other way, a product with as many columns as channels, leaves most of a vector idle. A few lines of
/// an image at a time, so that the patches stay in the cache. An instance serves one caller at a time.
/// </remarks>
internal sealed unsafe class ScatteredInputGradient
{
    private const int ChunkBytes = 256 * 1024;

    private static readonly WorkerPool Alone = new(1);

    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly int lines;
    private readonly BlockedGemm<StridedPanels, StridedPanels, DenseTarget>[] products;
    private readonly Action<int, int> runImage;
    private float* outputGradient, weights, inputGradient, workspace;

    public ScatteredInputGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel level)
    {
        (this.shape, this.pool) = (shape, pool);
        lines = (int)Math.Max(1, ChunkBytes / ((long)shape.Q * shape.FilterSize * sizeof(float)));
        while (shape.P % Math.Min(lines, shape.P) != 0) lines--;
        lines = Math.Min(lines, shape.P);
        products = new BlockedGemm<StridedPanels, StridedPanels, DenseTarget>[pool.ThreadCount];
        for (int i = 0; i < products.Length; i++) products[i] = new(lines * shape.Q, shape.FilterSize, shape.GroupK, 1, level);
        runImage = RunImage;
    }

    /// <summary>Whether this way is the better one.</summary>
    public static bool Suits(ConvolutionShape shape) => shape.GroupC < 16 && shape.GroupK > 1;

    public long WorkspaceBytes => sizeof(float) * pool.ThreadCount * WorkerFloats;

    private long PatchFloats => ((((long)lines * shape.Q * shape.FilterSize) + 15) / 16) * 16;

    private long WorkerFloats => PatchFloats + (products[0].WorkspaceBytes / sizeof(float) + 15) / 16 * 16;

    public void Run(float* dy, float* w, float* dx, float* scratch)
    {
        outputGradient = dy;
        weights = w;
        inputGradient = dx;
        workspace = scratch;
        pool.For(shape.N, runImage);
    }

    private void RunImage(int image, int worker)
    {
        float* patches = workspace + (worker * WorkerFloats), scratch = patches + PatchFloats;
        float* target = inputGradient + ((nint)image * shape.H * shape.W * shape.C);
        NativeMemory.Clear(target, (nuint)shape.H * (nuint)shape.W * (nuint)shape.C * sizeof(float));
        for (int line = 0; line < shape.P; line += lines)
        {
            for (int group = 0; group < shape.Groups; group++)
            {
                int k = group * shape.GroupK;
                products[worker].Run(Alone,
                    new StridedPanels(
                        outputGradient + (((((nint)image * shape.P) + line) * shape.Q) * shape.K) + k, shape.K, ContiguousInK: true),
                    new StridedPanels(weights + ((nint)k * shape.FilterSize), shape.FilterSize, ContiguousInK: false),
                    new DenseTarget(patches, shape.FilterSize), null, false, scratch);
                Scatter(patches, target + (group * shape.GroupC), line);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(float* patches, float* target, int firstLine)
    {
        int channels = shape.GroupC;
        int step = channels * shape.StrideW, lanes = step % 8 == 0 ? 8 : step % 4 == 0 ? 4 : 1;
        bool rowsAreRuns = shape.Groups == 1 && shape.DilationW == 1;
        for (int p = firstLine; p < firstLine + lines; p++)
        {
            for (int q = 0; q < shape.Q; q++, patches += shape.FilterSize)
            {
                int x0 = (q * shape.StrideW) - shape.PadLeft;
                (int sFirst, int sEnd) = Window.Inside(x0, shape.S, shape.DilationW, shape.W);
                if (sFirst == sEnd) continue;
                for (int r = 0; r < shape.R; r++)
                {
                    int y = (p * shape.StrideH) - shape.PadTop + (r * shape.DilationH);
                    if ((uint)y >= (uint)shape.H) continue;
                    float* source = patches + (r * shape.S * channels);
                    float* line = target + ((nint)y * shape.W * shape.C);
                    if (rowsAreRuns)
                        AddTo(line + ((nint)(x0 + sFirst) * channels), source + (sFirst * channels), (sEnd - sFirst) * channels, lanes);
                    else
                    {
                        for (int s = sFirst; s < sEnd; s++)
                            AddTo(line + ((nint)(x0 + (s * shape.DilationW)) * shape.C), source + (s * channels), channels, lanes);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Adds a run. A run overlaps the one before, and a vector that spans two that were just stored would have to wait until they have
    /// reached the cache: so vectors are those whose bounds fall together from run to run.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(float* sum, float* terms, int count, int lanes)
    {
        int i = 0;
        if (lanes == 8) for (; i + 8 <= count; i += 8) (Vector256.Load(sum + i) + Vector256.Load(terms + i)).Store(sum + i);
        else if (lanes == 4) for (; i + 4 <= count; i += 4) (Vector128.Load(sum + i) + Vector128.Load(terms + i)).Store(sum + i);
        for (; i < count; i++) sum[i] += terms[i];
    }
}
