using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// The gradient of a convolution's input as its sum is written down: for every phase of the stride a sweep over the output's gradient.
/// </summary>
/// <remarks>An instance is prepared for one shape and serves one caller at a time.</remarks>
internal sealed unsafe class DirectInputGradient : IConvolutionGradient
{
    private readonly ConvolutionShape shape;
    private readonly List<(DirectSweep Sweep, nint Offset)> phases = [];
    private readonly bool someUnreached;
    private readonly long packedFloats;

    /// <inheritdoc cref="DirectForward(ConvolutionShape, WorkerPool, SimdLevel?)"/>
    public DirectInputGradient(ConvolutionShape shape, WorkerPool pool, SimdLevel? level = null)
    {
        this.shape = shape;
        for (int y = 0; y < Math.Min(shape.StrideH, shape.H); y++)
        {
            PhaseTaps vertical = PhaseTaps.Of(y, shape.R, shape.StrideH, shape.PadTop, shape.DilationH);
            for (int x = 0; x < Math.Min(shape.StrideW, shape.W); x++)
            {
                PhaseTaps horizontal = PhaseTaps.Of(x, shape.S, shape.StrideW, shape.PadLeft, shape.DilationW);
                if (vertical.Count == 0 || horizontal.Count == 0) someUnreached = true;
                else phases.Add((Sweep(y, x, vertical, horizontal, pool, level ?? CpuFeatures.Simd), (((nint)y * shape.W) + x) * shape.C));
            }
        }
        packedFloats = phases.Count == 0 ? 0 : phases.Max(phase => phase.Sweep.PackedFloats);
        WorkspaceBytes = phases.Count == 0 ? 0 : sizeof(float) * (packedFloats + phases.Max(phase => phase.Sweep.ScratchFloats));
    }

    /// <inheritdoc/>
    public long WorkspaceBytes { get; }

    /// <inheritdoc cref="DirectForward.Supports"/>
    public static bool Supports(ConvolutionShape shape) => DirectForward.Supports(shape);

    /// <inheritdoc/>
    public void Run(float* outputGradient, float* weights, float* inputGradient, float* workspace)
    {
        if (someUnreached)
        {
            for (int n = 0; n < shape.N; n++)
                new Span<float>(inputGradient + ((nint)n * shape.H * shape.W * shape.C), shape.H * shape.W * shape.C).Clear();
        }
        nint line = (nint)shape.W * shape.C;
        foreach ((DirectSweep sweep, nint offset) in phases)
        {
            sweep.PackWeights(weights, workspace);
            sweep.Run(outputGradient, workspace, null, inputGradient + offset,
                (shape.H * line, shape.StrideH * line, (nint)shape.StrideW * shape.C), false, workspace + packedFloats);
        }
    }

    private DirectSweep Sweep(int y, int x, PhaseTaps vertical, PhaseTaps horizontal, WorkerPool pool, SimdLevel level)
    {
        PatchGrid patches = PatchGrid.OfOutputGradient(shape, y, x, vertical, horizontal);
        nint row = shape.S * shape.GroupC;
        var weights = new DirectWeights(1, shape.FilterSize, (nint)shape.GroupK * shape.FilterSize,
            (vertical.First * row) + (horizontal.First * shape.GroupC), vertical.Step * row, horizontal.Step * shape.GroupC);
        return new DirectSweep(patches, weights, shape.N, shape.Groups, shape.GroupC, pool, level);
    }
}
