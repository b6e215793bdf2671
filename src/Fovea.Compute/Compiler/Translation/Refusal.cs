using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>What the dialect does not have, and what to write instead.</summary>
internal static class Refusal
{
    public static KernelCompilationException Of(KernelSource source, string method, SourceLocation? location, string what, string instead) =>
        new($"Kernel {source.Name} cannot be compiled: {what}, in {method}{(location is null ? "" : $" ({location})")}. {instead}");
}
