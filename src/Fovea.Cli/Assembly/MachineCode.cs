using System.Text.RegularExpressions;

namespace Fovea.Cli.Assembly;

/// <summary>What a kernel's hottest loop consists of.</summary>
/// <param name="Instructions">Instructions of one turn.</param>
/// <param name="MultiplyAdds">Those that multiply and add floats, or whole matrices of them.</param>
/// <param name="Loads">Loads by name and width, such as LDS.128, with how many there are.</param>
internal sealed record HotLoop(int Instructions, int MultiplyAdds, IReadOnlyDictionary<string, int> Loads)
{
    /// <summary>The share of multiply-adds.</summary>
    public double Share => Instructions == 0 ? 0 : (double)MultiplyAdds / Instructions;
}

/// <summary>Machine code as the disassembler prints it.</summary>
/// <param name="Hottest">The loop with the most multiply-adds; null if there is no loop.</param>
internal sealed partial record MachineCode(HotLoop? Hottest)
{
    public static MachineCode Parse(string listing)
    {
        var names = new List<string>();
        var labels = new Dictionary<string, int>();
        var loops = new List<(int Start, int End)>();
        foreach (string line in listing.Split('\n'))
        {
            if (LabelPattern().Match(line) is { Success: true } label) labels[label.Groups[1].Value] = names.Count;
            if (InstructionPattern().Match(line) is not { Success: true } instruction) continue;
            names.Add(instruction.Groups[1].Value);
            // A branch to a label that was seen already closes a loop; the one to itself at the end only fills up.
            if (BranchPattern().Match(line) is { Success: true } branch && labels.TryGetValue(branch.Groups[1].Value, out int start)
                && start < names.Count - 1) loops.Add((start, names.Count));
        }
        HotLoop? hottest = loops.Select(loop => Describe(names[loop.Start..loop.End])).OrderByDescending(loop => loop.MultiplyAdds)
            .ThenBy(loop => loop.Instructions).FirstOrDefault();
        return new MachineCode(hottest);
    }

    private static HotLoop Describe(List<string> names)
    {
        string[] real = [.. names.Where(name => name is not "NOP")];
        return new HotLoop(real.Length, real.Count(IsMultiplyAdd),
            real.Where(name => LoadPattern().IsMatch(name)).GroupBy(Width).OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Count()));
    }

    private static bool IsMultiplyAdd(string name) =>
        name.Split('.')[0] is "FFMA" or "FFMA2" or "HFMA2" or "DFMA" or "HMMA" or "HGMMA" or "IMMA" or "DMMA";

    // LDG.E.128.CONSTANT → LDG.128
    private static string Width(string name)
    {
        string[] parts = name.Split('.');
        return $"{parts[0]}.{parts.FirstOrDefault(part => part is "64" or "128") ?? "32"}";
    }

    [GeneratedRegex(@"^(\.L\S+):")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"/\*[0-9a-f]+\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)")]
    private static partial Regex InstructionPattern();

    [GeneratedRegex(@"\bBRA\b.*`\((\.L\S+)\)")]
    private static partial Regex BranchPattern();

    [GeneratedRegex(@"^(LDS|LDG|LDSM|LDL|LD)(\.|$)")]
    private static partial Regex LoadPattern();
}
