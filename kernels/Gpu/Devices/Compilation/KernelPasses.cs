using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>
/// What ILGPU 1.5.3 needs besides its level O1 for fast and right code. It does not unroll loops, so that arrays of a thread stay in
/// memory, and it leaves accesses through kernel parameters generic; level O2 moves loads across stores and is not used.
/// </summary>
/// <param name="fixComparisons">Whether comparisons with NaN are to be rewritten, as OpenCL needs.</param>
internal sealed class KernelPasses(bool fixComparisons) : IBackendHook
{
    /// <summary>Loops of at most so many turns are unrolled wholly; longer ones in part.</summary>
    private const int UnrollFactor = 64;

    // Twice: an inner loop's bound may be known only once the outer loop is unrolled.
    private const int UnrollPasses = 2;

    private static readonly Transformer Early =
        Build([.. Enumerable.Repeat<Func<Transformation[]>>(Unroll, UnrollPasses).SelectMany(passes => passes())]);
    private static readonly Transformer Late = Build(AddressSpaces());
    private static readonly Transformer Comparisons = Build([new UnorderedComparisons()]);

    /// <inheritdoc/>
    public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod) => kernelContext.Transform(Early);

    /// <inheritdoc/>
    public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
    {
        kernelContext.Transform(Late);
        if (fixComparisons) kernelContext.Transform(Comparisons);
    }

    /// <inheritdoc/>
    public void FinishedCodeGeneration(IRContext context, Method entryPoint)
    {
    }

    private static Transformation[] Unroll() =>
    [
        new DedicatedExits(), new LoopUnrolling(UnrollFactor), new UnreachableCodeElimination(), new DeadCodeElimination(),
            new SimplifyControlFlow(),
    ];

    // Parameters point to global memory; without the first pass every access is generic. The inference for locals puts casts of
    // pointer phis into the wrong block, and the second inference removes them.
    private static Transformation[] AddressSpaces() =>
    [
        new InferKernelAddressSpaces(MemoryAddressSpace.Global), new LowerStructures(), new UnreachableCodeElimination(),
            new DeadCodeElimination(),
        new InferLocalAddressSpaces(), new InferAddressSpaces(), new CleanupBlocks(), new SimplifyControlFlow(), new DeadCodeElimination(),
    ];

    private static Transformer Build(IEnumerable<Transformation> passes)
    {
        Transformer.Builder builder = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        foreach (Transformation pass in passes) builder.Add(pass);
        return builder.ToTransformer();
    }
}
