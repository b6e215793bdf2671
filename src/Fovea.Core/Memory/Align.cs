namespace Fovea.Core.Memory;

/// <summary>Rounds sizes up to multiples.</summary>
internal static class Align
{
    /// <summary>The least multiple that is not below a size.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static int Up(int size, int multiple) => checked((size + multiple - 1) / multiple * multiple);

    /// <inheritdoc cref="Up(int, int)"/>
    public static long Up(long size, long multiple) => checked((size + multiple - 1) / multiple * multiple);
}
