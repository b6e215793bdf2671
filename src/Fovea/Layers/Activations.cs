using System.Globalization;
using Fovea.Core.Random;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>max(x, 0).</summary>
public sealed class Relu : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Relu();
}

/// <summary>x where positive, slope · x elsewhere.</summary>
/// <param name="slope">The slope below zero.</param>
public sealed class LeakyRelu(float slope = 0.01f) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.LeakyRelu(slope);
}

/// <summary>The hyperbolic tangent.</summary>
public sealed class Tanh : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Tanh();
}

/// <summary>1 / (1 + e^−x).</summary>
public sealed class Sigmoid : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Sigmoid();
}

/// <summary>Probabilities over the innermost dimension.</summary>
public sealed class Softmax : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Softmax();
}

/// <summary>Local response normalisation across channels, by default with AlexNet's constants.</summary>
/// <param name="size">How many neighbouring channels are summed over.</param>
/// <param name="alpha">α, divided by the size.</param>
/// <param name="beta">β.</param>
/// <param name="k">k.</param>
/// <remarks>Krizhevsky et al., NIPS 2012, section 3.3.</remarks>
public sealed class LocalResponseNorm(int size = 5, float alpha = 1e-4f, float beta = 0.75f, float k = 2) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Graph.Add(new LocalResponseNormalizationOp(size, alpha, beta, k), x);
}

/// <summary>In training, sets elements to 0 at random and scales the others up; otherwise does nothing.</summary>
/// <param name="probability">The probability of being dropped.</param>
/// <remarks>Srivastava et al., JMLR 15, 2014.</remarks>
public sealed class Dropout(float probability = 0.5f) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (!x.Graph.IsTraining) return x;
        CheckApplied(x.Graph);
        // The layer's path chooses the masks, so that they do not depend on what else the network has; each of its applications has
        // masks of its own.
        int application = x.Graph.Sections.Count(section => section.Owner == this);
        uint stream = StableHash.Of(string.Create(CultureInfo.InvariantCulture, $"{Name}#{application}"));
        return x.Graph.Add(new DropoutOp(probability, x.Graph.Seed, stream), x, x.Graph.Step);
    }
}
