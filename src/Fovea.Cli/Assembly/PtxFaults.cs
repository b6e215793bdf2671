using System.Text.RegularExpressions;

namespace Fovea.Cli.Assembly;

/// <summary>Forms of PTX that are slow or wrong and that the assembler accepts without a word.</summary>
internal static partial class PtxFaults
{
    /// <summary>What is wrong with a module, in words; nothing in a good one.</summary>
    /// <param name="ptx">The text.</param>
    public static IEnumerable<string> Find(string ptx)
    {
        if (LocalPattern().IsMatch(ptx)) yield return "memory of a thread (.local): an array is indexed by what is not constant";
        if (GenericPattern().IsMatch(ptx)) yield return "a generic load or store: the address space of a view was not inferred";
        if (UniformPattern().IsMatch(ptx)) yield return "a predicated bra.uni: threads of a warp may not come together again";
        if (BitsOfOnePattern().IsMatch(ptx)) yield return "the constant 0f00000001: a condition was turned into a float by its bits";
    }

    [GeneratedRegex(@"\.local\b")]
    private static partial Regex LocalPattern();

    // ld.f32 and st.v4.f32, but not ld.global.f32 or ld.param.b64.
    [GeneratedRegex(@"\b(?:ld|st)(?:\.volatile)?(?:\.v[24])?\.[busf](?:8|16|32|64)\b")]
    private static partial Regex GenericPattern();

    [GeneratedRegex(@"@!?%p\d+\s+bra\.uni")]
    private static partial Regex UniformPattern();

    [GeneratedRegex(@"\b0[fd]0*00000001\b", RegexOptions.IgnoreCase)]
    private static partial Regex BitsOfOnePattern();
}
