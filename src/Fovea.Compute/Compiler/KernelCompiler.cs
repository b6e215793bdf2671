using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Compiler.OpenCl;
using Fovea.Compute.Compiler.Passes;
using Fovea.Compute.Compiler.Ptx;
using Fovea.Compute.Compiler.Translation;

namespace Fovea.Compute.Compiler;

/// <summary>Compiles kernels from their IL to the text that a device's own compiler takes.</summary>
public static class KernelCompiler
{
    /// <summary>Changes whenever the same kernel may become another text.</summary>
    public const int Version = 2;

    private static readonly (string Name, Action<Function> Run)[] Steps =
    [
        ("number", ValueNumbering.Run),
        ("clean", DeadCode.Run),
        ("branch", ControlFlow.Run),
        ("strength", Strength.Run),
        ("phis", CongruentPhis.Run),
        ("renumber", ValueNumbering.Run),
        ("final", DeadCode.Run),
    ];

    /// <summary>The names of what <see cref="Listing"/> can show: the translated kernel, and the kernel after each pass.</summary>
    public static IReadOnlyList<string> Passes { get; } = ["translate", .. Steps.Select(step => step.Name)];

    /// <summary>Compiles a kernel to OpenCL C 1.2.</summary>
    /// <exception cref="KernelCompilationException">It uses what the dialect does not have.</exception>
    public static CompiledKernel ToOpenCl(KernelSource source) => OpenClEmitter.Emit(Compile(source, KernelTarget.OpenCl));

    /// <summary>Compiles a kernel to PTX.</summary>
    /// <exception cref="KernelCompilationException">It uses what the dialect does not have.</exception>
    public static CompiledKernel ToPtx(KernelSource source, PtxTarget target) => PtxEmitter.Emit(Compile(source, KernelTarget.Ptx), target);

    /// <summary>Lists a kernel's instructions as they are after a pass, each with the C# line it comes from.</summary>
    /// <param name="source">The kernel.</param>
    /// <param name="pass">One of <see cref="Passes"/>.</param>
    /// <exception cref="ArgumentException">There is no such pass.</exception>
    /// <exception cref="KernelCompilationException">It uses what the dialect does not have.</exception>
    public static string Listing(KernelSource source, string pass)
    {
        if (!Passes.Contains(pass)) throw new ArgumentException($"There is no pass '{pass}'; there are: {string.Join(", ", Passes)}.", nameof(pass));
        return Ir.Listing.Of(Compile(source, KernelTarget.OpenCl, pass));
    }

    internal static Function Compile(KernelSource source, KernelTarget target, string? until = null)
    {
        Function function = Translator.Translate(source, target);
        function.Link();
        if (until == "translate") return function;
        foreach ((string name, Action<Function> run) in Steps)
        {
            run(function);
            if (name == until) return function;
        }
        if (Uniformity.FindDivergentBarrier(function) is var (barrier, branch))
        {
            throw Refusal.Of(source, barrier.Location?.Method ?? source.Name, barrier.Location,
                $"a barrier that only some threads of a group may reach: {(branch.Location is null ? "a branch" : $"the branch at {branch.Location}")} depends on the thread",
                "Let every thread of the group come to the barrier: put the condition around the work, not around the barrier, and do not return before it.");
        }
        return function;
    }
}

/// <summary>The compiler that OpenCL devices use.</summary>
internal sealed class OpenClKernelCompiler : IKernelCompiler
{
    public int Version => KernelCompiler.Version;

    public CompiledKernel Compile(KernelSource source, OpenClTarget target) => KernelCompiler.ToOpenCl(source);
}

/// <summary>The compiler that CUDA devices use.</summary>
internal sealed class PtxKernelCompiler : IPtxCompiler
{
    public int Version => KernelCompiler.Version;

    public CompiledKernel Compile(KernelSource source, PtxTarget target) => KernelCompiler.ToPtx(source, target);
}
