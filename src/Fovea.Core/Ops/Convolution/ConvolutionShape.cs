namespace Fovea.Ops;

/// <summary>The sizes of one two-dimensional convolution: images N×H×W×C, filters K×R×S×(C/groups), output N×P×Q×K.</summary>
/// <remarks>A cross-correlation, as everywhere in this field: the filter is not flipped. Padding is with zeros.</remarks>
public sealed record ConvolutionShape : WindowShape
{
    /// <summary>Filters: channels of the output.</summary>
    public required int K { get; init; }

    /// <summary>Into how many independent parts the channels are divided.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Height of the output.</summary>
    public int P => Outputs(H, PadTop + (long)PadBottom, R, DilationH, StrideH);

    /// <summary>Width of the output.</summary>
    public int Q => Outputs(W, PadLeft + (long)PadRight, S, DilationW, StrideW);

    /// <summary>Input channels that one filter sees.</summary>
    public int GroupC => C / Groups;

    /// <summary>Filters in one group.</summary>
    public int GroupK => K / Groups;

    /// <summary>Weights of one filter.</summary>
    public int FilterSize => R * S * GroupC;

    /// <summary>Elements of the filters.</summary>
    internal long FilterCount => (long)K * FilterSize;

    /// <summary>Elements of the output.</summary>
    internal long OutputCount => (long)N * P * Q * K;

    /// <summary>Multiply-adds of one pass, counted as direct convolution.</summary>
    public long MultiplyAdds => (long)N * P * Q * K * FilterSize;

    private static int Outputs(int size, long padding, int taps, int dilation, int stride) =>
        (int)((size + padding - Window.Reach(taps, dilation)) / stride) + 1;
}
