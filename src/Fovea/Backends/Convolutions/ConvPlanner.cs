using Fovea.Kernels;

namespace Fovea.Backends.Convolutions;

/// <summary>How long things take on a kind of device, relative to a multiply-add of a large matrix product.</summary>
/// <param name="Lanes">Numbers of one vector, or threads that go together.</param>
internal sealed record ConvCosts(int Lanes)
{
    /// <summary>A processor with vectors of so many bits.</summary>
    public static ConvCosts Processor(int vectorBits) => new(vectorBits / 32);

    /// <summary>Whatever runs kernels.</summary>
    public static ConvCosts Accelerator { get; } = new(32);
}

/// <summary>Orders algorithms by how long they should take: a pure function of sizes, pass and kind of device.</summary>
internal static class ConvPlanner
{
    /// <summary>The algorithms, the one that should be fastest first.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="pass">What is computed.</param>
    /// <param name="costs">The kind of device.</param>
    /// <param name="algorithms">What there is to choose from.</param>
    public static IReadOnlyList<ConvAlgorithm> Order(ConvolutionShape shape, ConvPass pass, ConvCosts costs, IReadOnlyList<ConvAlgorithm> algorithms) =>
        [.. algorithms.Where(algorithm => algorithm != ConvAlgorithm.Auto).OrderBy(algorithm => Cost(algorithm, shape, pass, costs)).ThenBy(algorithm => algorithm)];

    /// <summary>How long an algorithm should take, in multiply-adds of a large matrix product. Whether it applies is not asked here.</summary>
    public static double Cost(ConvAlgorithm algorithm, ConvolutionShape shape, ConvPass pass, ConvCosts costs) => algorithm switch
    {
        ConvAlgorithm.Pointwise => 0.99 * shape.MultiplyAdds,
        ConvAlgorithm.ImplicitGemm => shape.MultiplyAdds,
        _ => 2.0 * shape.MultiplyAdds,
    };
}
