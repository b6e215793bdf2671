using System.CommandLine;
using System.Globalization;
using Fovea.Compilation;
using Fovea.Ops;

namespace Fovea.Cli.Options;

/// <summary>The options that say how convolutions are computed.</summary>
internal static class ConvolutionOptions
{
    /// <summary>What <see cref="ParseShape"/> reads.</summary>
    public const string ShapeFormat = "N,H,W,C,K,R,S,stride,pad[,dilation[,groups]]";

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

    /// <summary>A convolution from its sizes; stride, padding and dilation are one number, or two as in 1x2, height first.</summary>
    public static ConvolutionShape ParseShape(string text)
    {
        string[] parts = [.. text.Split(',').Select(part => part.Trim())];
        int[] sizes = [.. parts.Take(7).Select(part => ParseCount(part))];
        Size2d[] steps = [.. parts.Skip(7).Take(3).Select(ParseSize2d)];
        int groups = parts.Length == 11 ? ParseCount(parts[10]) : 1;
        if (parts.Length is < 9 or > 11 || groups < 1 || sizes.Any(size => size < 1)
            || steps.Where((step, i) => Math.Min(step.Height, step.Width) < (i == 1 ? 0 : 1)).Any())
            throw new UsageException(
                $"'{text}' is not {ShapeFormat}: sizes above 0, a padding of at least 0, such as 8,56,56,64,64,3,3,1,1; "
                + "stride, pad and dilation may be two numbers, as in 1x2.");
        try
        {
            return new ConvolutionGeometry(Window.Of(steps[0], steps[1], steps.Length > 2 ? steps[2] : null), groups)
                .Shape(new Shape(sizes[0], sizes[1], sizes[2], sizes[3]), new Shape(sizes[4], sizes[5], sizes[6], sizes[3] / groups));
        }
        catch (ShapeException exception)
        {
            throw new UsageException($"'{text}' is not possible. {exception.Message}");
        }
    }

    private static int ParseCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : -1;

    private static Size2d ParseSize2d(string text) => text.Split('x', '×') switch
    {
        [string both] => ParseCount(both),
        [string height, string width] => (ParseCount(height), ParseCount(width)),
        _ => -1,
    };
}
