using System.Globalization;
using Fovea.Core.Random;
using Fovea.Graph;
using Fovea.Initializers;
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

/// <summary>x where positive, α(eˣ − 1) elsewhere.</summary>
/// <param name="alpha">α.</param>
/// <remarks>Clevert et al., ICLR 2016.</remarks>
public sealed class Elu(float alpha = 1) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Elu(alpha);
}

/// <summary>The exponential linear unit that keeps mean 0 and variance 1.</summary>
/// <remarks>Klambauer et al., NeurIPS 2017.</remarks>
public sealed class Selu : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Selu();
}

/// <summary>x · sigmoid(x), also called swish.</summary>
/// <remarks>Hendrycks and Gimpel, 2016.</remarks>
public sealed class Silu : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Silu();
}

/// <summary>x · Φ(x), with the normal distribution function Φ.</summary>
/// <param name="approximate">Whether Φ is approximated by a hyperbolic tangent.</param>
/// <remarks>Hendrycks and Gimpel, 2016.</remarks>
public sealed class Gelu(bool approximate = false) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Gelu(approximate);
}

/// <summary>x · tanh(log(1 + eˣ)).</summary>
/// <remarks>Misra, 2019.</remarks>
public sealed class Mish : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Mish();
}

/// <summary>log(1 + eˣ).</summary>
public sealed class Softplus : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Softplus();
}

/// <summary>min(max(x, 0), 6).</summary>
public sealed class Relu6 : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.Relu6();
}

/// <summary>min(max(x / 6 + ½, 0), 1).</summary>
public sealed class HardSigmoid : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.HardSigmoid();
}

/// <summary>x · min(max(x / 6 + ½, 0), 1).</summary>
/// <remarks>Howard et al., ICCV 2019.</remarks>
public sealed class HardSwish : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) => x.HardSwish();
}

/// <summary>x where positive, slope · x elsewhere, with a slope for each channel or one for all, which is trained.</summary>
/// <param name="perChannel">Whether each channel has a slope.</param>
/// <param name="initial">The slopes before training.</param>
/// <remarks>He et al., "Delving Deep into Rectifiers", ICCV 2015.</remarks>
public sealed class Prelu(bool perChannel = false, float initial = 0.25f) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x) =>
        x.Prelu(Use(x.Graph, "weight", new Shape(perChannel ? x.Shape[^1] : 1), new ConstantInitializer(initial)));
}

/// <summary>The largest of every few neighbouring channels.</summary>
/// <param name="pieces">Of how many; it divides the channels.</param>
/// <remarks>Goodfellow et al., "Maxout Networks", ICML 2013.</remarks>
public sealed class Maxout(int pieces) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        int channels = x.Shape[^1];
        if (pieces < 1 || channels % pieces != 0) throw new ShapeException($"{pieces} pieces do not divide {channels} channels.");
        Shape outer = new(x.Shape.Dimensions[..^1]);
        Value largest = x.Reshape(new Shape([.. outer, channels / pieces, pieces])).MaxOver(outer.Rank + 1);
        return largest.Reshape(new Shape([.. outer, channels / pieces]));
    }
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
