using System.Globalization;
using Fovea.Execution;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>A kernel as PTX.</summary>
/// <param name="Text">The module.</param>
/// <param name="EntryPoint">The name of its kernel.</param>
public sealed record PtxKernel(string Text, string EntryPoint);

/// <summary>Compiles kernels to PTX for an architecture, without a card: to read them, and to give them to NVIDIA's assembler.</summary>
public sealed class PtxCompiler : IDisposable
{
    // The least version of PTX for each architecture (PTX ISA, "Release Notes").
    private static readonly (int Sm, CudaInstructionSet Version)[] Versions =
    [
        (70, CudaInstructionSet.ISA_60), (75, CudaInstructionSet.ISA_63), (80, CudaInstructionSet.ISA_70), (86, CudaInstructionSet.ISA_71),
        (89, CudaInstructionSet.ISA_78), (90, CudaInstructionSet.ISA_78),
    ];

    private readonly KernelCompiler compiler;

    /// <param name="sm">The architecture, such as 80 for sm_80.</param>
    /// <exception cref="ArgumentException">It is none of <see cref="Architectures"/>.</exception>
    public PtxCompiler(int sm)
    {
        (int known, CudaInstructionSet version) = Versions.FirstOrDefault(pair => pair.Sm == sm);
        if (known == 0)
        {
            string all = string.Join(", ", Architectures.Select(other => string.Create(CultureInfo.InvariantCulture, $"sm_{other}")));
            throw new ArgumentException($"There is no architecture sm_{sm}; there are {all}.", nameof(sm));
        }
        var architecture = new CudaArchitecture(sm / 10, sm % 10);
        compiler =
            new(context => new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, version, null), KernelTarget.Ptx);
    }

    /// <summary>The architectures that kernels can be compiled for.</summary>
    public static IReadOnlyList<int> Architectures { get; } = [.. Versions.Select(pair => pair.Sm)];

    /// <summary>Compiles a kernel. Many threads may call it.</summary>
    /// <exception cref="KernelCompilationException">ILGPU refuses it.</exception>
    public PtxKernel Compile(KernelSource source)
    {
        var compiled = (PTXCompiledKernel)compiler.Compile(source);
        return new(compiled.PTXAssembly, compiled.Name);
    }

    /// <inheritdoc/>
    public void Dispose() => compiler.Dispose();
}
