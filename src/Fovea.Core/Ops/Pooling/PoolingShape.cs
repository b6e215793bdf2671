namespace Fovea.Ops;

/// <summary>The sizes of one two-dimensional pooling: images N×H×W×C, windows R×S, output N×P×Q×C.</summary>
/// <remarks>
/// P and Q are given, since rounding them up is a choice of the layer; a window may therefore reach past the padded input and is
/// clipped to it.
/// </remarks>
public sealed record PoolingShape : WindowShape
{
    /// <summary>Height of the output.</summary>
    public required int P { get; init; }

    /// <summary>Width of the output.</summary>
    public required int Q { get; init; }

    /// <summary>Whether an average counts the padding's positions.</summary>
    public bool CountPadding { get; init; } = true;

    /// <summary>How many positions an average at (p, q) divides by.</summary>
    internal int Divisor(int p, int q)
    {
        int y = (p * StrideH) - PadTop, x = (q * StrideW) - PadLeft;
        int top = y, left = x, bottom = Math.Min(y + R, H + PadBottom), right = Math.Min(x + S, W + PadRight);
        if (!CountPadding) (top, left, bottom, right) = (Math.Max(top, 0), Math.Max(left, 0), Math.Min(bottom, H), Math.Min(right, W));
        return Math.Max(1, (bottom - top) * (right - left));
    }
}
