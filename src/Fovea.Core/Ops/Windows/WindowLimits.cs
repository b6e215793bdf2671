namespace Fovea.Ops;

/// <summary>The largest numbers that operations count.</summary>
internal static class WindowLimits
{
    /// <summary>What a kernel counts in 32 bits, rounded up to whole tiles, may have so many.</summary>
    public const int MostItems = int.MaxValue - 0xFFFF;

    /// <summary>Multiply-adds of one operation, at most: the sum over a network still fits into 64 bits.</summary>
    public const long MostWork = 1L << 54;

    /// <summary>Refuses a number that is too large.</summary>
    /// <param name="operation">What counts them.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="limit">How many are possible.</param>
    /// <exception cref="ShapeException">There are too many.</exception>
    public static void Check(string operation, string what, Int128 count, long limit = MostItems)
    {
        if (count <= limit) return;
        throw new ShapeException(FormattableString.Invariant(
            $"{operation}: {what} are {count:N0}; at most {limit:N0} are possible. Use smaller sizes or a smaller batch."));
    }
}
