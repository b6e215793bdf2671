using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>
/// Batch normalisation: brings each channel to mean 0 and variance 1 over the batch and all positions, then scales and shifts it. Takes
/// vectors N×C, signals N×L×C and images N×H×W×C. Without training, the means and variances are those that training has averaged.
/// </summary>
/// <param name="momentum">The share of a batch in the averages.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="affine">Whether channels are scaled and shifted.</param>
/// <remarks>
/// S. Ioffe, C. Szegedy, ICML 2015; as PyTorch's BatchNorm1d and BatchNorm2d, whose averages are of the variance without bias.
/// </remarks>
public sealed class BatchNorm(float momentum = 0.1f, float epsilon = 1e-5f, bool affine = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        ComputationGraph graph = x.Graph;
        if (x.Shape.Rank < 2) throw new ShapeException($"Batch normalisation takes a batch of channels, not {x.Shape}.");
        var shape = new Shape(x.Shape[^1]);
        ParameterLayout layout = ParameterLayout.OfFeatures(x);
        Value? weight = affine ? Use(graph, "weight", shape, Initializer.One, layout) : null;
        Value? bias = affine ? Use(graph, "bias", shape, Initializer.Zero, layout) : null;
        Value runningMean = UseBuffer(graph, "running_mean", shape, Initializer.Zero, layout);
        Value runningVariance = UseBuffer(graph, "running_var", shape, Initializer.One, layout);
        Value batches = UseBuffer(graph, "num_batches_tracked", Shape.Scalar, Initializer.Zero);
        if (!graph.IsTraining) return Norms.Apply(x, runningMean, runningVariance, epsilon, weight, bias);

        long count = x.Shape.Count / shape.Count;
        if (count < 2)
            throw new ShapeException($"Batch normalisation needs more than one value of each channel to train, but gets {x.Shape}.");
        int[] axes = [.. Enumerable.Range(0, x.Shape.Rank - 1)];
        (Value mean, Value variance) = Norms.Moments(x, axes);
        (mean, variance) = (mean.Reshape(shape), variance.Reshape(shape));
        graph.Update(runningMean, (old, batch) => ((1 - momentum) * old) + (momentum * batch), mean);
        float unbiased = (float)(momentum * ((double)count / (count - 1)));
        graph.Update(runningVariance, (old, batch) => ((1 - momentum) * old) + (unbiased * batch), variance);
        graph.Update(batches, old => old + 1f);
        return Norms.Apply(x, mean, variance, epsilon, weight, bias);
    }
}

/// <summary>
/// Layer normalisation: brings the innermost dimensions of each example to mean 0 and variance 1, then scales and shifts each element.
/// </summary>
/// <param name="dimensions">How many of the innermost dimensions are normalised together.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="affine">Whether elements are scaled and shifted.</param>
/// <remarks>J. L. Ba et al., 2016; as PyTorch's LayerNorm.</remarks>
public sealed class LayerNorm(int dimensions = 1, float epsilon = 1e-5f, bool affine = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        int rank = x.Shape.Rank;
        if (dimensions < 1 || dimensions >= rank)
            throw new ShapeException(
                $"Layer normalisation over {dimensions} dimensions does not fit {x.Shape}, whose first one is the batch.");
        var shape = new Shape(x.Shape.Dimensions[^dimensions..]);
        Value? weight = affine ? Use(x.Graph, "weight", shape, Initializer.One) : null;
        Value? bias = affine ? Use(x.Graph, "bias", shape, Initializer.Zero) : null;
        (Value mean, Value variance) = Norms.Moments(x, [.. Enumerable.Range(rank - dimensions, dimensions)]);
        return Norms.Apply(x, mean, variance, epsilon, weight, bias);
    }
}

/// <summary>
/// Group normalisation: brings groups of neighbouring channels of each example to mean 0 and variance 1 over all positions, then scales
/// and shifts each channel. Takes N×…×C.
/// </summary>
/// <param name="groups">Into how many groups the channels are divided.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="affine">Whether channels are scaled and shifted.</param>
/// <remarks>Y. Wu, K. He, ECCV 2018; as PyTorch's GroupNorm.</remarks>
public sealed class GroupNorm(int groups, float epsilon = 1e-5f, bool affine = true) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        int channels = x.Shape[^1];
        if (x.Shape.Rank < 2) throw new ShapeException($"Group normalisation takes a batch of channels, not {x.Shape}.");
        if (groups < 1 || channels % groups != 0) throw new ShapeException($"{groups} groups do not divide {channels} channels.");
        var shape = new Shape(channels);
        Value? weight = affine ? Use(x.Graph, "weight", shape, Initializer.One) : null;
        Value? bias = affine ? Use(x.Graph, "bias", shape, Initializer.Zero) : null;
        return Norms.Groups(x, groups, epsilon, weight, bias);
    }
}

/// <summary>What the normalisations share.</summary>
internal static class Norms
{
    /// <summary>
    /// Mean and variance over some dimensions, which stay with size 1. The variance is that of the differences from the mean.
    /// </summary>
    public static (Value Mean, Value Variance) Moments(Value x, IReadOnlyList<int> axes)
    {
        Value mean = x.MeanOver(axes);
        return (mean, (x - mean).Apply(d => d * d).MeanOver(axes));
    }

    /// <summary>Normalises groups of neighbouring channels, then scales and shifts each channel.</summary>
    public static Value Groups(Value x, int groups, float epsilon, Value? weight, Value? bias)
    {
        int channels = x.Shape[^1], examples = x.Shape[0];
        int positions = x.Shape.Joined("The positions", x.Shape.Count / examples / channels);
        Value parts = x.Reshape(new Shape(examples, positions, groups, channels / groups));
        (Value mean, Value variance) = Moments(parts, [1, 3]);
        return Affine(Apply(parts, mean, variance, epsilon, null, null).Reshape(x.Shape), weight, bias);
    }

    /// <summary>(x − mean) / √(variance + ε) · weight + bias.</summary>
    public static Value Apply(Value x, Value mean, Value variance, float epsilon, Value? weight, Value? bias) =>
        Affine((x - mean) * variance.Apply(v => 1f / Expression.Sqrt(v + epsilon)), weight, bias);

    private static Value Affine(Value y, Value? weight, Value? bias)
    {
        if (weight is not null) y *= weight;
        return bias is null ? y : y + bias;
    }
}
