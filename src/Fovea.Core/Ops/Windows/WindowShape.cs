namespace Fovea.Ops;

/// <summary>The sizes of an operation that moves a window over a batch of images N×H×W×C.</summary>
public abstract record WindowShape
{
    /// <summary>Images in the batch.</summary>
    public required int N { get; init; }

    /// <summary>Channels of the input.</summary>
    public required int C { get; init; }

    /// <summary>The window.</summary>
    public Window Window { get; init; } = new();

    /// <summary>Height of the input.</summary>
    public int H
    {
        get => Window.H;
        init => Window = Window with { H = value };
    }

    /// <summary>Width of the input.</summary>
    public int W
    {
        get => Window.W;
        init => Window = Window with { W = value };
    }

    /// <summary>Height of the window.</summary>
    public int R
    {
        get => Window.R;
        init => Window = Window with { R = value };
    }

    /// <summary>Width of the window.</summary>
    public int S
    {
        get => Window.S;
        init => Window = Window with { S = value };
    }

    /// <inheritdoc cref="Window.StrideH"/>
    public int StrideH
    {
        get => Window.StrideH;
        init => Window = Window with { StrideH = value };
    }

    /// <inheritdoc cref="Window.StrideW"/>
    public int StrideW
    {
        get => Window.StrideW;
        init => Window = Window with { StrideW = value };
    }

    /// <inheritdoc cref="Window.PadTop"/>
    public int PadTop
    {
        get => Window.PadTop;
        init => Window = Window with { PadTop = value };
    }

    /// <inheritdoc cref="Window.PadLeft"/>
    public int PadLeft
    {
        get => Window.PadLeft;
        init => Window = Window with { PadLeft = value };
    }

    /// <inheritdoc cref="Window.PadBottom"/>
    public int PadBottom
    {
        get => Window.PadBottom;
        init => Window = Window with { PadBottom = value };
    }

    /// <inheritdoc cref="Window.PadRight"/>
    public int PadRight
    {
        get => Window.PadRight;
        init => Window = Window with { PadRight = value };
    }

    /// <inheritdoc cref="Window.DilationH"/>
    public int DilationH
    {
        get => Window.DilationH;
        init => Window = Window with { DilationH = value };
    }

    /// <inheritdoc cref="Window.DilationW"/>
    public int DilationW
    {
        get => Window.DilationW;
        init => Window = Window with { DilationW = value };
    }

    /// <summary>Elements of the input.</summary>
    internal long InputCount => (long)N * H * W * C;
}
