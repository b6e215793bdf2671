namespace Fovea.Ops;

/// <summary>The sizes of one two-dimensional pooling: images N×H×W×C, windows R×S, output N×P×Q×C.</summary>
/// <remarks>
/// P and Q are given, since rounding them up is a choice of the layer; a window may therefore reach past the padded input and is
/// clipped to it.
/// </remarks>
public sealed record PoolingShape : WindowShape
{
    /// <summary>Height of the output.</summary>
    public int P
    {
        get => Window.P;
        init => Window = Window with { P = value };
    }

    /// <summary>Width of the output.</summary>
    public int Q
    {
        get => Window.Q;
        init => Window = Window with { Q = value };
    }

    /// <summary>Whether an average counts the padding's positions.</summary>
    public bool CountPadding { get; init; } = true;

    /// <summary>Elements of the output.</summary>
    internal long OutputCount => (long)N * P * Q * C;

    /// <inheritdoc cref="Window.Divisor"/>
    internal float Divisor(int p, int q) => Window.Divisor(p, q, CountPadding);
}
