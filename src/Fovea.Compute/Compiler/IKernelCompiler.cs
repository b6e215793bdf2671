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

/// <summary>Turns kernels into PTX. Views become <see cref="KernelParameterKind.Pointer"/>s; numbers narrower than 32 bits are parameters of 32.</summary>
internal interface IPtxCompiler
{
    /// <inheritdoc cref="IKernelCompiler.Version"/>
    int Version { get; }

    /// <summary>Compiles a kernel. Shared memory beyond 48 KiB must be declared as dynamic: <see cref="CompiledKernel.SharedBytes"/> counts both.</summary>
    /// <exception cref="KernelCompilationException">The kernel uses what the dialect does not have.</exception>
    CompiledKernel Compile(KernelSource source, PtxTarget target);
}
