namespace Fovea.Compute.Compiler;

/// <summary>What OpenCL C may use on a device.</summary>
/// <param name="Float64">Whether there are doubles.</param>
/// <param name="Int64Atomics">Whether there are atomics on 64 bits.</param>
internal sealed record OpenClTarget(bool Float64, bool Int64Atomics);

/// <summary>Turns kernels into OpenCL C.</summary>
internal interface IKernelCompiler
{
    /// <summary>Changes whenever the same kernel may become other text, so that texts kept on disk are not mistaken for its own.</summary>
    int Version { get; }

    /// <summary>Compiles a kernel.</summary>
    /// <exception cref="KernelCompilationException">The kernel uses what the dialect does not have.</exception>
    CompiledKernel Compile(KernelSource source, OpenClTarget target);
}
