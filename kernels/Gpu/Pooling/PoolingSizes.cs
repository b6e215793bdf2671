using Fovea.Ops;

namespace Fovea.Gpu.Pooling;

/// <summary>The sizes of a <see cref="PoolingShape"/> as kernels take them.</summary>
public readonly struct PoolingSizes(PoolingShape shape)
{
    internal readonly int H = shape.H, W = shape.W, C = shape.C, P = shape.P, Q = shape.Q, R = shape.R, S = shape.S;
    internal readonly int StrideH = shape.StrideH, StrideW = shape.StrideW, DilationH = shape.DilationH, DilationW = shape.DilationW;
    internal readonly int PadTop = shape.PadTop, PadLeft = shape.PadLeft, PadBottom = shape.PadBottom, PadRight = shape.PadRight;
    internal readonly int CountPadding = shape.CountPadding ? 1 : 0;

    /// <summary>How many positions an average at (p, q) divides by.</summary>
    internal int Divisor(int p, int q)
    {
        int top = (p * StrideH) - PadTop, left = (q * StrideW) - PadLeft;
        int bottom = Math.Min(top + R, H + PadBottom), right = Math.Min(left + S, W + PadRight);
        if (CountPadding == 0)
        {
            top = Math.Max(top, 0);
            left = Math.Max(left, 0);
            bottom = Math.Min(bottom, H);
            right = Math.Min(right, W);
        }
        return Math.Max(1, (bottom - top) * (right - left));
    }

    /// <summary>The first window along an axis that may reach a position, counted from the padding's edge.</summary>
    internal static int FirstWindow(int position, int taps, int dilation, int stride) =>
        Math.Max(0, position - ((taps - 1) * dilation) + stride - 1) / stride;

    /// <summary>Where an element of the input N×H×W×C lies, given the image's first.</summary>
    internal int Place(int image, int y, int x, int c) => ((((image * H) + y) * W) + x) * C + c;
}

/// <summary>A position of an array N×rows×columns×C.</summary>
internal readonly struct PoolingPlace
{
    public PoolingPlace(int index, int rows, int columns, int channels)
    {
        Channel = index % channels;
        index /= channels;
        Column = index % columns;
        index /= columns;
        Row = index % rows;
        Image = index / rows;
    }

    public readonly int Image, Row, Column, Channel;
}
