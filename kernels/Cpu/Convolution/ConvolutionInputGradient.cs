using System.Runtime.InteropServices;
using Fovea.Cpu.Product;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The gradient of a convolution with respect to its input, as a product of patches of the output's gradient with the filters.
/// </summary>
/// <remarks>
/// With a stride, an input pixel is reached only by the taps that fit its phase, its position modulo the stride. Every phase is
/// a dense product of its own over just those taps, so that no multiplication by an inserted zero is made. An instance is
/// prepared for one shape and serves one caller at a time.
/// </remarks>
internal sealed unsafe class ConvolutionInputGradient : IConvolutionGradient
{
    private readonly ConvolutionShape shape;
    private readonly WorkerPool pool;
    private readonly List<Phase> phases = [];
    private readonly bool someUnreached;
    private readonly ScatteredInputGradient? scattered;

    /// <summary>Prepares gradients of one shape.</summary>
    /// <param name="shape">The sizes of the forward convolution.</param>
    /// <param name="pool">The threads to use.</param>
    /// <param name="level">Which vectors to use; null for the widest.</param>
    public ConvolutionInputGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        (this.shape, this.pool) = (shape, pool);
        if (ScatteredInputGradient.Suits(shape))
        {
            scattered = new(shape, pool, level ?? CpuFeatures.Simd);
            WorkspaceBytes = scattered.WorkspaceBytes;
            return;
        }
        for (int y = 0; y < Math.Min(shape.StrideH, shape.H); y++)
        {
            PhaseTaps vertical = PhaseTaps.Of(y, shape.R, shape.StrideH, shape.PadTop, shape.DilationH);
            for (int x = 0; x < Math.Min(shape.StrideW, shape.W); x++)
            {
                PhaseTaps horizontal = PhaseTaps.Of(x, shape.S, shape.StrideW, shape.PadLeft, shape.DilationW);
                if (vertical.Count == 0 || horizontal.Count == 0)
                {
                    someUnreached = true;
                    continue;
                }
                int height = (shape.H - y + shape.StrideH - 1) / shape.StrideH, width = (shape.W - x + shape.StrideW - 1) / shape.StrideW;
                phases.Add(new Phase(y, x, height, width, vertical, horizontal,
                    new(shape.N * height * width, shape.GroupC, vertical.Count * horizontal.Count * shape.GroupK, pool.ThreadCount,
                        level ?? CpuFeatures.Simd, run: ConvolutionForward.ReadInPlace(shape.GroupK))));
            }
        }
        WorkspaceBytes = phases.Count == 0 ? 0 : phases.Max(phase => phase.Product.WorkspaceBytes);
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Computes the gradient.</summary>
    /// <param name="outputGradient">N×P×Q×K.</param>
    /// <param name="weights">K×R×S×(C/groups).</param>
    /// <param name="inputGradient">N×H×W×C; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    public void Run(float* outputGradient, float* weights, float* inputGradient, float* workspace)
    {
        if (scattered is not null)
        {
            scattered.Run(outputGradient, weights, inputGradient, workspace);
            return;
        }
        if (someUnreached) NativeMemory.Clear(inputGradient, (nuint)shape.InputCount * sizeof(float));
        for (int group = 0; group < shape.Groups; group++)
        {
            foreach (Phase phase in phases) Run(phase, group, outputGradient, weights, inputGradient, workspace);
        }
    }

    private void Run(Phase phase, int group, float* outputGradient, float* weights, float* inputGradient, float* workspace)
    {
        int k = group * shape.GroupK, c = group * shape.GroupC;
        var patches =
            new ImagePatches(PatchGrid.OfOutputGradient(shape, phase.Y, phase.X, phase.Vertical, phase.Horizontal), outputGradient + k);
        var filters =
            new BackwardFilterPanels(weights + ((nint)k * shape.FilterSize), shape.FilterSize, shape.S * shape.GroupC, shape.GroupC,
            shape.GroupK, phase.Horizontal.Count, phase.Vertical.First, phase.Horizontal.First, phase.Vertical.Step, phase.Horizontal.Step);
        var target = new PhaseTarget(inputGradient + c, shape.H, shape.W, shape.C, shape.StrideH, shape.StrideW, phase);
        phase.Product.Run(pool, new PatchPanels(patches), filters, target, null, false, workspace);
    }

    /// <summary>The pixels of the input at one position modulo the stride.</summary>
    private sealed record Phase(
        int Y, int X, int Height, int Width, PhaseTaps Vertical, PhaseTaps Horizontal,
            BlockedGemm<PatchPanels, BackwardFilterPanels, PhaseTarget> Product);

    private readonly struct PhaseTarget(float* data, int height, int width, int channels, int strideH, int strideW, Phase phase)
        : ITileTarget
    {
        public nint Stride => strideH == 1 && strideW == 1 ? channels : 0;

        public float* Row(int row)
        {
            if (strideH == 1 && strideW == 1) return data + ((nint)row * channels);
            (int line, int x) = Math.DivRem(row, phase.Width);
            (int image, int y) = Math.DivRem(line, phase.Height);
            return data + ((((((nint)image * height) + (y * strideH) + phase.Y) * width) + (x * strideW) + phase.X) * channels);
        }
    }
}
