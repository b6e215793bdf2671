namespace Fovea.Ops;

/// <summary>How a convolution is computed. All give the same result up to rounding; docs/convolution.md explains them.</summary>
public enum ConvolutionAlgorithm
{
    /// <summary>Whatever is fastest; with <see cref="Compilation.CompileOptions.Reproducible"/> never <see cref="Winograd4"/>.</summary>
    Auto,

    /// <summary>The sum as it is written down, with registers as the only intermediate memory.</summary>
    Direct,

    /// <summary>A product of matrices whose left side, the patches of the image, is put together on the fly.</summary>
    ImplicitGemm,

    /// <summary>For 1×1 filters: a product of matrices that lie in memory already.</summary>
    Pointwise,

    /// <summary>Winograd's minimal filtering F(2×2, 3×3). Errors are as local as those of <see cref="Direct"/>, nearly.</summary>
    Winograd2,

    /// <summary>
    /// Winograd's minimal filtering F(4×4, 3×3): fewer multiplications, more rounding. An output's error is up to 2·10⁻⁶ of the largest
    /// number in its tile of 6×6 pixels, whether the output sees it or not, times the sum of the sizes of the filter's weights.
    /// </summary>
    /// <remarks>
    /// Where one number is a million times as large as its neighbours, outputs beside it have no digit left. Take
    /// <see cref="Winograd2"/> or <see cref="ImplicitGemm"/> for such images.
    /// </remarks>
    Winograd4,

    /// <summary>
    /// Products of spectra, tile by tile. An output's error is up to 4·10⁻⁷ of the largest number in its tile of up to 64×64 pixels, times
    /// the sum of the sizes of the filter's weights.
    /// </summary>
    Fft,
}

/// <summary>What of a convolution is computed.</summary>
public enum ConvolutionPass
{
    /// <summary>The output.</summary>
    Forward,

    /// <summary>The gradient of the input.</summary>
    InputGradient,

    /// <summary>The gradient of the filters.</summary>
    WeightGradient,
}

/// <summary>Algorithms and passes as files and the command line call them.</summary>
public static class ConvolutionNames
{
    private static readonly (ConvolutionAlgorithm Algorithm, string Name)[] Algorithms =
    [
        (ConvolutionAlgorithm.Auto, "auto"), (ConvolutionAlgorithm.Direct, "direct"), (ConvolutionAlgorithm.ImplicitGemm, "implicit-gemm"),
            (ConvolutionAlgorithm.Pointwise, "pointwise"),
        (ConvolutionAlgorithm.Winograd2, "winograd2"), (ConvolutionAlgorithm.Winograd4, "winograd4"), (ConvolutionAlgorithm.Fft, "fft"),
    ];

    /// <summary>All names of algorithms, <c>auto</c> first.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Algorithms.Select(entry => entry.Name)];

    /// <summary>The name of an algorithm, such as <c>implicit-gemm</c>.</summary>
    public static string Name(this ConvolutionAlgorithm algorithm) => Algorithms.Single(entry => entry.Algorithm == algorithm).Name;

    /// <summary>The name of a pass, such as <c>input-gradient</c>.</summary>
    public static string Name(this ConvolutionPass pass) => pass switch
    {
        ConvolutionPass.Forward => "forward",
        ConvolutionPass.InputGradient => "input-gradient",
        _ => "weight-gradient",
    };

    /// <summary>The algorithm of a name; null if there is none.</summary>
    public static ConvolutionAlgorithm? Find(string? name)
    {
        foreach ((ConvolutionAlgorithm algorithm, string known) in Algorithms)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase)) return algorithm;
        }
        return null;
    }
}
