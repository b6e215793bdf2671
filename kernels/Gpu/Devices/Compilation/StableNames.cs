using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>
/// Numbers the names in compiled text anew. ILGPU numbers types, labels and parameters through all that a process compiles, so the same
/// kernel is another text in another run, and the drivers' caches of machine code never find it.
/// </summary>
internal static partial class StableNames
{
    // What generated code is warned about (labels that nothing jumps to) is of no interest, and PoCL prints the number of warnings.
    private const string NoWarnings = "#if defined(__clang__)\n#pragma clang diagnostic ignored \"-Weverything\"\n#endif\n";

    /// <summary>Renames in place.</summary>
    public static CompiledKernel Apply(CompiledKernel kernel)
    {
        if (kernel is CLCompiledKernel openCl) Source(openCl) = NoWarnings + Renumber(openCl.Source);
        else if (kernel is PTXCompiledKernel ptx) Assembly(ptx) = Renumber(ptx.PTXAssembly);
        return kernel;
    }

    /// <summary>Gives each numbered type, label and parameter the number of its first appearance.</summary>
    public static string Renumber(string text)
    {
        var numbers = new Dictionary<string, int>();
        return NumberedName().Replace(text, match =>
        {
            string number = match.Groups[2].Value;
            if (!numbers.TryGetValue(number, out int place)) numbers.Add(number, place = numbers.Count);
            return $"{match.Groups[1].Value}{place}";
        });
    }

    // The texts have no setters.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Source>k__BackingField")]
    private static extern ref string Source(CLCompiledKernel kernel);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<PTXAssembly>k__BackingField")]
    private static extern ref string Assembly(PTXCompiledKernel kernel);

    // type_2626, type_2627_kernel, L_24010, _x_2602.
    [GeneratedRegex(@"\b(type_|L_|_\w+?_)(\d+)(?=\b|_kernel)")]
    private static partial Regex NumberedName();
}
