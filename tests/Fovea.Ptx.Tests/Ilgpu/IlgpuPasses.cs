using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>
/// Passes around ILGPU's own, in a short form: loops are written out, arrays become registers, and pointers get their address spaces.
/// Kernels here have loops with exits of their own, as ILGPU's unrolling demands.
/// </summary>
internal sealed class IlgpuPasses(bool unroll) : IBackendHook
{
    private static readonly Transformer Unrolling = Build(
        new LoopUnrolling(64), new UnreachableCodeElimination(), new DeadCodeElimination(), new SimplifyControlFlow());

    private static readonly Transformer Lowering = Build(
        new InferKernelAddressSpaces(MemoryAddressSpace.Global), new LowerStructures(), new UnreachableCodeElimination(),
        new DeadCodeElimination(), new InferLocalAddressSpaces(), new InferAddressSpaces(), new CleanupBlocks(),
        new SimplifyControlFlow(), new DeadCodeElimination());

    public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod)
    {
        for (int i = 0; unroll && i < 2; i++)
            kernelContext.Transform(Unrolling);
    }

    public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod) => kernelContext.Transform(Lowering);

    public void FinishedCodeGeneration(IRContext context, Method entryPoint)
    {
    }

    private static Transformer Build(params ReadOnlySpan<Transformation> passes)
    {
        Transformer.Builder builder = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        foreach (Transformation pass in passes)
            builder.Add(pass);
        return builder.ToTransformer();
    }
}
