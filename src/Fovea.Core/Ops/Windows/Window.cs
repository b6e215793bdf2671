namespace Fovea.Ops;

/// <summary>
/// A window that moves over images N×H×W×C: its size R×S, how it moves, and, once it is known, the image H×W and the number of its
/// positions P×Q. Plain integers, so that it goes as it is from a layer to a kernel.
/// </summary>
public readonly record struct Window
{
    /// <summary>The most pixels of an image with its padding along an axis, 2³⁰: twice as many still fit into 32 bits.</summary>
    private const int MostPixels = 1 << 30;

    /// <summary>Makes a window that moves by one pixel, without padding or dilation.</summary>
    public Window()
    {
    }

    /// <summary>Height of the image.</summary>
    public int H { get; init; }

    /// <summary>Width of the image.</summary>
    public int W { get; init; }

    /// <summary>Height of the window: taps below each other.</summary>
    public int R { get; init; }

    /// <summary>Width of the window: taps beside each other.</summary>
    public int S { get; init; }

    /// <summary>Positions below each other: height of the output.</summary>
    public int P { get; init; }

    /// <summary>Positions beside each other: width of the output.</summary>
    public int Q { get; init; }

    /// <summary>Vertical distance between positions.</summary>
    public int StrideH { get; init; } = 1;

    /// <summary>Horizontal distance between positions.</summary>
    public int StrideW { get; init; } = 1;

    /// <summary>Rows of padding above.</summary>
    public int PadTop { get; init; }

    /// <summary>Columns of padding to the left.</summary>
    public int PadLeft { get; init; }

    /// <summary>Rows of padding below.</summary>
    public int PadBottom { get; init; }

    /// <summary>Columns of padding to the right.</summary>
    public int PadRight { get; init; }

    /// <summary>Vertical distance between taps.</summary>
    public int DilationH { get; init; } = 1;

    /// <summary>Horizontal distance between taps.</summary>
    public int DilationW { get; init; } = 1;

    /// <summary>A window with the same padding on opposite sides; its size is given with the filters, or by <c>with</c>.</summary>
    /// <param name="stride">Distance between positions.</param>
    /// <param name="padding">Rows above and below, columns to the left and to the right.</param>
    /// <param name="dilation">Distance between taps; 1 if null.</param>
    public static Window Of(Size2d stride, Size2d padding = default, Size2d? dilation = null)
    {
        Size2d taps = dilation ?? 1;
        return new Window
        {
            StrideH = stride.Height,
            StrideW = stride.Width,
            PadTop = padding.Height,
            PadLeft = padding.Width,
            PadBottom = padding.Height,
            PadRight = padding.Width,
            DilationH = taps.Height,
            DilationW = taps.Width,
        };
    }

    /// <summary>
    /// The size, and what differs from a window that moves by one pixel without padding or dilation: <c>3×3</c>,
    /// <c>1×7 stride 1×2 padding 0×3</c>. Padding that differs on opposite sides is top, left, bottom, right.
    /// </summary>
    public override string ToString()
    {
        string text = $"{new Size2d(R, S)}";
        var (stride, dilation) = (new Size2d(StrideH, StrideW), new Size2d(DilationH, DilationW));
        if (stride != 1) text += $" stride {stride}";
        if ((PadTop, PadLeft) != (PadBottom, PadRight))
            text += FormattableString.Invariant($" padding {PadTop}, {PadLeft}, {PadBottom}, {PadRight}");
        else if ((PadTop, PadLeft) != (0, 0)) text += $" padding {new Size2d(PadTop, PadLeft)}";
        return dilation == 1 ? text : $"{text} dilation {dilation}";
    }

    /// <summary>The window over images of a size: with its positions counted.</summary>
    /// <param name="what">What the window belongs to, for errors.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="ceiling">Whether the number of positions is rounded up, so that the last one may reach past the padding.</param>
    /// <exception cref="ShapeException">A member is out of its range, the window does not fit, or an image with its padding has more
    /// than 2³⁰ pixels along an axis.</exception>
    internal Window Over(string what, int height, int width, bool ceiling = false)
    {
        if (R < 1 || S < 1) throw new ShapeException($"{what}: a window must be at least 1×1, not {R}×{S}.");
        if (StrideH < 1 || StrideW < 1) throw new ShapeException($"{what}: a stride must be at least 1, not {StrideH}×{StrideW}.");
        if (DilationH < 1 || DilationW < 1)
            throw new ShapeException($"{what}: a dilation must be at least 1, not {DilationH}×{DilationW}.");
        if (PadTop < 0 || PadLeft < 0 || PadBottom < 0 || PadRight < 0)
            throw new ShapeException(
                $"{what}: padding cannot be negative, but it is {PadTop}, {PadLeft}, {PadBottom} and {PadRight} "
                + "(top, left, bottom, right).");
        long paddedHeight = (long)height + PadTop + PadBottom, paddedWidth = (long)width + PadLeft + PadRight;
        if (paddedHeight > MostPixels || paddedWidth > MostPixels)
            throw new ShapeException(
                $"{what}: an image of {height}×{width} with its padding is {paddedHeight}×{paddedWidth}; "
                + $"at most {MostPixels} is possible along an axis.");
        long reachH = Reach(R, DilationH), reachW = Reach(S, DilationW);
        if (paddedHeight < reachH || paddedWidth < reachW)
        {
            throw new ShapeException(
                $"{what}: a window that spans {reachH}×{reachW} does not fit into an image of {height}×{width} with its padding. "
                + "Use a larger input or more padding.");
        }
        int p = Positions(paddedHeight - reachH, StrideH, height + (long)PadTop, ceiling);
        int q = Positions(paddedWidth - reachW, StrideW, width + (long)PadLeft, ceiling);
        // With a single position the stride is never used, nor with a single tap the dilation. Kept small, products cannot overflow.
        return this with
        {
            H = height,
            W = width,
            P = p,
            Q = q,
            StrideH = p == 1 ? (int)Math.Min(StrideH, paddedHeight) : StrideH,
            StrideW = q == 1 ? (int)Math.Min(StrideW, paddedWidth) : StrideW,
            DilationH = R == 1 ? 1 : DilationH,
            DilationW = S == 1 ? 1 : DilationW,
        };
    }

    /// <summary>How many pixels taps span.</summary>
    internal static long Reach(int taps, int dilation) => ((long)dilation * (taps - 1)) + 1;

    /// <summary>The part of a window that lies inside the image along one axis: taps First … End − 1.</summary>
    internal static (int First, int End) Inside(int start, int taps, int dilation, int size)
    {
        int first = start < 0 ? (-start + dilation - 1) / dilation : 0;
        int end = start >= size ? 0 : Math.Min(taps, ((size - 1 - start) / dilation) + 1);
        return (Math.Min(first, end), end);
    }

    /// <summary>How many pixels an average at position (p, q) divides by; without dilation.</summary>
    /// <param name="p">The position's row.</param>
    /// <param name="q">The position's column.</param>
    /// <param name="countPadding">Whether pixels of the padding count.</param>
    internal float Divisor(int p, int q, bool countPadding)
    {
        int top = (p * StrideH) - PadTop, left = (q * StrideW) - PadLeft;
        int bottom = Math.Min(top + R, H + PadBottom), right = Math.Min(left + S, W + PadRight);
        if (!countPadding)
        {
            top = Math.Max(top, 0);
            left = Math.Max(left, 0);
            bottom = Math.Min(bottom, H);
            right = Math.Min(right, W);
        }
        // As floats, for the pixels of a large window do not fit into 32 bits.
        return Math.Max(1f, (float)(bottom - top) * (right - left));
    }

    /// <summary>The first position along an axis that may reach a pixel, counted from the padding's edge.</summary>
    internal static int FirstPosition(int pixel, int taps, int dilation, int stride) =>
        Math.Max(0, pixel - ((taps - 1) * dilation) + stride - 1) / stride;

    private static int Positions(long room, int stride, long begin, bool ceiling)
    {
        long positions = ((ceiling ? room + stride - 1 : room) / stride) + 1;
        // A window must begin inside the image or the padding before it.
        return (int)(ceiling && (positions - 1) * stride >= begin ? positions - 1 : positions);
    }
}
