using Fovea.Core.Memory;
using Fovea.Ops;

namespace Fovea.Core.Tuning;

/// <summary>A kind of device, as far as the choice of algorithms depends on it.</summary>
/// <param name="IsProcessor">Whether it is the processor, whose costs are known.</param>
/// <param name="Lanes">Numbers of one of its vectors.</param>
/// <param name="IsGpu">Whether it runs kernels on a GPU.</param>
internal sealed record ConvolutionCosts(bool IsProcessor, int Lanes, bool IsGpu = false)
{
    /// <summary>A processor with vectors of so many bits.</summary>
    public static ConvolutionCosts Processor(int vectorBits) => new(true, vectorBits / 32);

    /// <summary>What runs kernels: a GPU, or a processor on which a group of threads is a loop.</summary>
    public static ConvolutionCosts Accelerator(bool isGpu) => new(false, 32, isGpu);
}

/// <summary>Orders algorithms by how long they should take: a pure function of sizes, pass and kind of device.</summary>
/// <remarks>
/// A cost counts multiply-adds at the rate of a large direct convolution. The constants fit what <c>Fovea.Perf plots</c> measured on one
/// thread of a processor with 512-bit vectors; docs/convolution.md has the figures. They need not be exact: a wrong order costs
/// a share of one convolution, and measuring mends it.
/// </remarks>
internal static class ConvolutionPlanner
{
    /// <summary>A transform's cost for each number of a tile.</summary>
    private const double TransformCost = 50;

    /// <summary>Complex multiply-adds of a real tile's spectrum for each of its numbers, in real ones.</summary>
    private const double SpectrumCost = 2.4;

    /// <summary>So many channels are read where they lie, and not packed.</summary>
    private const int LongRun = 16;

    /// <summary>What an FFT of anything costs beside its numbers: its parts follow each other, and threads wait between them.</summary>
    private const double FftStart = 2e6;

    /// <summary>So many weights take a direct convolution on a processor's kernels twice as long as few, which stay in its cache.</summary>
    private const double ManyWeights = 800_000;

    private static readonly int[] FftTiles = [8, 12, 16, 20, 24, 28, 32, 40, 48, 64];

    /// <summary>The algorithms, the one that should be fastest first.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pass">What is computed.</param>
    /// <param name="costs">The kind of device.</param>
    /// <param name="algorithms">What there is to choose from.</param>
    public static IReadOnlyList<ConvolutionAlgorithm> Order(
        ConvolutionShape shape, ConvolutionPass pass, ConvolutionCosts costs, IReadOnlyList<ConvolutionAlgorithm> algorithms) =>
        [.. algorithms.Where(algorithm => algorithm != ConvolutionAlgorithm.Auto).OrderBy(algorithm => Cost(algorithm, shape, pass, costs))
            .ThenBy(algorithm => algorithm)];

    /// <summary>How long an algorithm should take. Whether it applies is not asked here.</summary>
    public static double Cost(ConvolutionAlgorithm algorithm, ConvolutionShape s, ConvolutionPass pass, ConvolutionCosts costs)
    {
        if (!costs.IsProcessor) return OnDevice(algorithm, s, pass, costs.IsGpu);
        // Columns of the product, along which vectors go, and the length of its sums. A phase of a stride has its share of the taps.
        (int columns, double depth) = pass switch
        {
            ConvolutionPass.Forward => (s.GroupK, s.FilterSize),
            ConvolutionPass.InputGradient => (s.GroupC, Math.Max(1, (double)s.R * s.S / s.StrideH / s.StrideW) * s.GroupK),
            _ => (s.GroupK, s.FilterSize),
        };
        return algorithm switch
        {
            ConvolutionAlgorithm.Direct => Direct(s, pass, columns, depth, costs.Lanes),
            ConvolutionAlgorithm.Pointwise =>
                s.MultiplyAdds * 1.06 * Waste(pass == ConvolutionPass.WeightGradient ? s.GroupC : columns, costs.Lanes)
                * (pass == ConvolutionPass.WeightGradient ? 1.6 : 1 + (3.0 / columns) + (8 / depth)),
            ConvolutionAlgorithm.Winograd2 => Winograd(s, pass, 2, costs.Lanes),
            ConvolutionAlgorithm.Winograd4 => Winograd(s, pass, 4, costs.Lanes),
            ConvolutionAlgorithm.Fft => Fft(s, pass, costs.Lanes),
            _ => ImplicitGemm(s, pass, columns, depth, costs.Lanes),
        };
    }

    /// <summary>
    /// A device by what its products waste on tiles that are not filled. Of transforms it is not known by sizes what they gain on a GPU:
    /// measuring finds out. The FFT's kernels cost a processor about what its own code does.
    /// </summary>
    private static double OnDevice(ConvolutionAlgorithm algorithm, ConvolutionShape s, ConvolutionPass pass, bool isGpu)
    {
        const int Tile = 16;
        (double rows, double columns, double depth) = pass switch
        {
            ConvolutionPass.Forward => (1.0, Waste(s.GroupK, Tile), Waste(s.FilterSize, Tile)),
            ConvolutionPass.InputGradient => (1.0, Waste(s.GroupC, Tile), Waste(s.R * s.S * s.GroupK, Tile)),
            _ => (Waste(s.GroupK, Tile), Waste(s.FilterSize, Tile), 1.0),
        };
        double product = s.MultiplyAdds * rows * columns * depth;
        return algorithm switch
        {
            ConvolutionAlgorithm.ImplicitGemm => product,
            ConvolutionAlgorithm.Pointwise => 0.75 * product,
            // Numbers come from memory where a product has them in shared memory, which costs a GPU its speed. A processor has them in
            // its cache either way, if the filters fit into it, and nobody waits at barriers.
            ConvolutionAlgorithm.Direct when isGpu => 2.0 * s.MultiplyAdds,
            ConvolutionAlgorithm.Direct when pass == ConvolutionPass.WeightGradient => s.MultiplyAdds * (0.5 + (0.4 / s.S)),
            ConvolutionAlgorithm.Direct => s.MultiplyAdds * 0.5 * (1 + (s.K * (double)s.FilterSize / ManyWeights)),
            ConvolutionAlgorithm.Fft when !isGpu => 0.85 * Fft(s, pass, Tile),
            _ => 2 * product,
        };
    }

    /// <summary>
    /// Rows of pixels that do not fill a tile, vectors that columns do not fill, and for each tile what begins and ends it.
    /// </summary>
    private static double Direct(ConvolutionShape s, ConvolutionPass pass, int columns, double depth, int lanes)
    {
        bool each = s is { Groups: > 1, GroupC: 1, GroupK: 1 };
        double vectors = each ? 2.2 * Waste(s.C, lanes) : Waste(columns, lanes);
        if (pass == ConvolutionPass.WeightGradient)
        {
            int run = s.Groups == 1 && s.DilationW == 1 ? s.S * s.C : each ? s.S : s.GroupC;
            // A tile's sums are fetched and put back for every few lines that fit the cache.
            int line = s.Q * s.K, lines = Math.Clamp((12288 - (s.R * s.W * s.C) - line) / ((s.StrideH * s.W * s.C) + line), 0, s.P - 1) + 1;
            return s.MultiplyAdds * 1.2 * vectors * Tiled(run) / run * (1 + (14.0 / (s.Q * lines)));
        }
        int width = pass == ConvolutionPass.Forward ? s.Q : (s.W + s.StrideW - 1) / s.StrideW;
        double copied = pass == ConvolutionPass.Forward ? (double)s.N * s.H * s.W * s.C
            : (double)s.N * s.P * s.Q * s.K * s.StrideH * s.StrideW;
        return (s.MultiplyAdds * vectors * Tiled(width) / width * (1 + (2.5 / depth))) + (10 * copied);
    }

    /// <summary>
    /// Packing patches costs for each of their numbers, unless they are read where they lie, and finishing a sum for each sum.
    /// </summary>
    private static double ImplicitGemm(ConvolutionShape s, ConvolutionPass pass, int columns, double depth, int lanes)
    {
        if (pass == ConvolutionPass.WeightGradient)
        {
            double inPlace = 1.1 * Waste(s.GroupK, lanes) * (1 + (4.0 / s.Q)),
                packed = Waste(s.FilterSize, lanes) * Math.Max(1, 12.0 / s.GroupK) * (1.2 + Math.Min(0.8, 30.0 / s.FilterSize));
            return s.MultiplyAdds * 1.06 * (s.GroupC >= LongRun && s.Q >= 8 ? inPlace : packed);
        }
        if (pass == ConvolutionPass.InputGradient && s.GroupC < 16 && s.GroupK > 1)
        {
            // The other way round, as patches that are added to the image.
            double added = (15 + (320.0 / (s.S * s.GroupC))) / s.GroupK;
            return s.MultiplyAdds * ((1.06 * Waste(s.FilterSize, lanes) * (1 + (14.0 / s.GroupK) + (8.0 / s.FilterSize))) + added);
        }
        double copies = (pass == ConvolutionPass.Forward ? s.GroupC : s.GroupK) >= LongRun ? 3.0 : 10.0;
        return s.MultiplyAdds * 1.06 * Waste(columns, lanes) * (1 + (copies / columns) + (14 / depth));
    }

    /// <summary>Products, and transforms there and back: each serves as many products as there are channels on the other side.</summary>
    private static double Winograd(ConvolutionShape s, ConvolutionPass pass, int outputs, int lanes)
    {
        (int read, int written, int height, int width) = pass == ConvolutionPass.InputGradient ? (s.K, s.C, s.H, s.W)
            : (s.C, s.K, s.P, s.Q);
        double tiles = (double)((height + outputs - 1) / outputs) * outputs * ((width + outputs - 1) / outputs) * outputs / (s.P * s.Q);
        (double product, double there, double back) = (outputs, pass) switch
        {
            (4, ConvolutionPass.WeightGradient) => (0.5 * Waste(s.C, lanes), 4, 4),
            (_, ConvolutionPass.WeightGradient) => (0.8 * Waste(s.C, lanes), 5, 5),
            (4, _) => (0.27 * Waste(written, lanes), 5, read < 16 ? 5 : 3),
            _ => (0.48 * Waste(written, lanes), 7.5, read < 16 ? 8 : 4.5),
        };
        // Filters make a way through memory, and come back as many times as large.
        double filters = (pass == ConvolutionPass.WeightGradient ? 20.0 : 60.0) * (outputs + 2) * (outputs + 2) * s.C * s.K;
        return (s.MultiplyAdds * tiles * (product + (there / written) + (back / read))) + filters;
    }

    /// <summary>The best tile's transforms and complex products.</summary>
    private static double Fft(ConvolutionShape s, ConvolutionPass pass, int lanes)
    {
        (int height, int width) = pass == ConvolutionPass.InputGradient ? (s.H, s.W) : (s.P, s.Q);
        double least = double.PositiveInfinity, products = (double)s.C * s.K * Waste(pass == ConvolutionPass.Forward ? s.K : s.C, lanes);
        foreach (int tile in FftTiles)
        {
            int stepY = Math.Min(height, tile - s.R + 1), stepX = Math.Min(width, tile - s.S + 1);
            if (stepY < 1 || stepX < 1) continue;
            double tiles = (double)s.N * ((height + stepY - 1) / stepY) * ((width + stepX - 1) / stepX);
            double cost = tile * tile
                * ((tiles * (((s.C + s.K) * TransformCost) + (SpectrumCost * products))) + (TransformCost * s.C * s.K));
            least = Math.Min(least, cost);
        }
        return double.IsInfinity(least) ? 1e3 * s.MultiplyAdds : FftStart + (pass == ConvolutionPass.WeightGradient ? 1.25 * least : least);
    }

    /// <summary>How many times the numbers that vectors hold are those that are wanted.</summary>
    private static double Waste(int count, int lanes) => (double)Align.Up(count, lanes) / count;

    /// <summary>What tiles of twelve and six cover.</summary>
    private static int Tiled(int count) =>
        count < 12 ? (count + 5) / 6 * 6 : (count / 12 * 12) + (count % 12 is var rest && rest == 0 ? 0 : rest <= 6 ? 6 : 12);
}
