using System.CommandLine;
using System.Globalization;
using Fovea.Compilation;
using Fovea.Ops;

namespace Fovea.Cli.Options;

/// <summary>The options that say how convolutions are computed.</summary>
internal static class ConvolutionOptions
{
    private static readonly (string Unit, long Bytes)[] Units = [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("B", 1)];

    public static Option<string?> Algorithm { get; } =
        Arguments.Choice("--conv-algorithm", "How convolutions are computed; where it does not apply, implicit-gemm (default: auto)",
        [.. ConvolutionNames.All]);

    public static Option<string?> Workspace { get; } =
        Arguments.Checked(
        "--workspace", "SIZE", "The most scratch memory of a convolution, such as 256MB (default: no limit)", text => ParseSize(text));

    public static Option<bool> Tune { get; } =
        new("--tune") { Description = "Measure which algorithm is fastest for each convolution, once for this machine" };

    public static Option<bool> Reproducible { get; } =
        new("--reproducible")
        {
            Description = "The same algorithms every time: measure nothing, choose by sizes, or as --choices says; never winograd4 unasked"
        };

    public static Option<string?> Choices { get; } =
        new("--choices")
        {
            Description = "The file in which choices are found and remembered (default: in the cache folder)",
            HelpName = "FILE"
        };

    public static IEnumerable<Option> All => [Algorithm, Workspace, Tune, Reproducible, Choices];

    /// <summary>What the arguments say.</summary>
    public static CompileOptions From(ParseResult parse)
    {
        bool tune = parse.GetValue(Tune), reproducible = parse.GetValue(Reproducible);
        if (tune && reproducible) throw new UsageException("--tune measures, and --reproducible forbids measuring; choose one of them.");
        return Make(parse.GetValue(Algorithm), parse.GetValue(Workspace), tune, reproducible, parse.GetValue(Choices));
    }

    /// <summary>Options from their texts.</summary>
    public static CompileOptions Make(string? algorithm, string? workspace, bool tune, bool reproducible, string? choices) => new()
    {
        ConvolutionAlgorithm = ConvolutionNames.Find(algorithm) ?? ConvolutionAlgorithm.Auto,
        WorkspaceLimit = workspace is null ? null : ParseSize(workspace),
        Tuning = tune ? Tuning.Always : Tuning.WhenItPays,
        Reproducible = reproducible,
        ChoiceFile = choices,
    };

    /// <summary>The bytes of a size with a unit.</summary>
    public static long ParseSize(string text)
    {
        foreach ((string unit, long bytes) in Units)
        {
            string number = text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) ? text[..^unit.Length] : "";
            if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= long.MaxValue / bytes)
                return value * bytes;
        }
        throw new UsageException($"'{text}' is not a size such as 256MB; the units are B, KB, MB and GB.");
    }

    /// <summary>A convolution from its sizes.</summary>
    public static ConvolutionShape ParseShape(string text)
    {
        string[] parts = text.Split(',');
        int[] sizes =
            [.. parts.Select(part => int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : -1)];
        if (sizes.Length != 9 || sizes.Take(8).Any(size => size < 1) || sizes[8] < 0)
            throw new UsageException(
                $"'{text}' is not N,H,W,C,K,R,S,stride,pad: eight sizes above 0 and a padding of at least 0, such as "
                    + $"8,56,56,64,64,3,3,1,1.");
        return new ConvolutionShape
        {
            N = sizes[0],
            H = sizes[1],
            W = sizes[2],
            C = sizes[3],
            K = sizes[4],
            R = sizes[5],
            S = sizes[6],
            StrideH = sizes[7],
            StrideW = sizes[7],
            PadTop = sizes[8],
            PadLeft = sizes[8],
            PadBottom = sizes[8],
            PadRight = sizes[8],
        };
    }
}
