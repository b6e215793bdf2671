using System.Globalization;

namespace Fovea.Cli.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Show
{
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => Text($"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => Text($"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => Text($"{bytes / 1024.0:0.0} KiB"),
    };

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Four decimals, or a dash where there is no number.</summary>
    public static string Fraction(double value) => double.IsNaN(value) ? "-" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? Text($"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : Text($"{time.Minutes}:{time.Seconds:00}");

    public static string Text(FormattableString text) => FormattableString.Invariant(text);
}
