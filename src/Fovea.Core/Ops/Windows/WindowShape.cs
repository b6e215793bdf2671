namespace Fovea.Ops;

/// <summary>A window that moves over a batch of images N×H×W×C.</summary>
public abstract record WindowShape
{
    /// <summary>Images in the batch.</summary>
    public required int N { get; init; }

    /// <summary>Height of the input.</summary>
    public required int H { get; init; }

    /// <summary>Width of the input.</summary>
    public required int W { get; init; }

    /// <summary>Channels of the input.</summary>
    public required int C { get; init; }

    /// <summary>Height of the window.</summary>
    public required int R { get; init; }

    /// <summary>Width of the window.</summary>
    public required int S { get; init; }

    /// <summary>Vertical distance between windows.</summary>
    public int StrideH { get; init; } = 1;

    /// <summary>Horizontal distance between windows.</summary>
    public int StrideW { get; init; } = 1;

    /// <summary>Rows of padding above.</summary>
    public int PadTop { get; init; }

    /// <summary>Columns of padding to the left.</summary>
    public int PadLeft { get; init; }

    /// <summary>Rows of padding below.</summary>
    public int PadBottom { get; init; }

    /// <summary>Columns of padding to the right.</summary>
    public int PadRight { get; init; }

    /// <summary>Vertical distance between the window's taps.</summary>
    public int DilationH { get; init; } = 1;

    /// <summary>Horizontal distance between the window's taps.</summary>
    public int DilationW { get; init; } = 1;

    /// <summary>The part of a window that lies inside the image along one axis: taps First … End − 1.</summary>
    internal static (int First, int End) Inside(int start, int taps, int dilation, int size)
    {
        int first = start < 0 ? (-start + dilation - 1) / dilation : 0;
        int end = start >= size ? 0 : Math.Min(taps, ((size - 1 - start) / dilation) + 1);
        return (Math.Min(first, end), end);
    }
}
