namespace Fovea.Kernels;

/// <summary>The sizes of one two-dimensional pooling: images N×H×W×C, windows R×S, output N×P×Q×C.</summary>
/// <remarks>
/// P and Q are given, since rounding them up is a choice of the layer; a window may therefore reach past the padded input and is
/// clipped to it.
/// </remarks>
public sealed record PoolingShape
{
    /// <summary>Images in the batch.</summary>
    public required int N { get; init; }

    /// <summary>Height of the input.</summary>
    public required int H { get; init; }

    /// <summary>Width of the input.</summary>
    public required int W { get; init; }

    /// <summary>Channels.</summary>
    public required int C { get; init; }

    /// <summary>Height of the output.</summary>
    public required int P { get; init; }

    /// <summary>Width of the output.</summary>
    public required int Q { get; init; }

    /// <summary>Height of a window.</summary>
    public required int R { get; init; }

    /// <summary>Width of a window.</summary>
    public required int S { get; init; }

    /// <summary>Vertical distance between windows.</summary>
    public required int StrideH { get; init; }

    /// <summary>Horizontal distance between windows.</summary>
    public required int StrideW { get; init; }

    /// <summary>Rows of padding above.</summary>
    public int PadTop { get; init; }

    /// <summary>Columns of padding to the left.</summary>
    public int PadLeft { get; init; }

    /// <summary>Rows of padding below.</summary>
    public int PadBottom { get; init; }

    /// <summary>Columns of padding to the right.</summary>
    public int PadRight { get; init; }

    /// <summary>Vertical distance between the taps of a window.</summary>
    public int DilationH { get; init; } = 1;

    /// <summary>Horizontal distance between the taps of a window.</summary>
    public int DilationW { get; init; } = 1;

    /// <summary>Whether an average counts the padding's positions.</summary>
    public bool CountPadding { get; init; } = true;

    /// <summary>The part of a window that lies inside the image along one axis: taps First … End − 1.</summary>
    internal static (int First, int End) Inside(int start, int taps, int dilation, int size)
    {
        int first = start < 0 ? (-start + dilation - 1) / dilation : 0;
        int end = start >= size ? 0 : Math.Min(taps, ((size - 1 - start) / dilation) + 1);
        return (Math.Min(first, end), end);
    }

    /// <summary>How many positions an average at (p, q) divides by.</summary>
    internal int Divisor(int p, int q)
    {
        int y = (p * StrideH) - PadTop, x = (q * StrideW) - PadLeft;
        int top = y, left = x, bottom = Math.Min(y + R, H + PadBottom), right = Math.Min(x + S, W + PadRight);
        if (!CountPadding) (top, left, bottom, right) = (Math.Max(top, 0), Math.Max(left, 0), Math.Min(bottom, H), Math.Min(right, W));
        return Math.Max(1, (bottom - top) * (right - left));
    }
}
