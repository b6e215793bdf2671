using Fovea.Core.Random;

namespace Fovea.Initializers;

/// <summary>How a parameter's first values are drawn: a pure function of the seed and the parameter's number.</summary>
public abstract record Initializer
{
    /// <summary>All elements 0.</summary>
    public static Initializer Zero { get; } = new ConstantInitializer(0);

    /// <summary>All elements 1.</summary>
    public static Initializer One { get; } = new ConstantInitializer(1);

    /// <summary>Writes the first values.</summary>
    /// <param name="shape">The parameter's sizes, outputs first: K×R×S×C, or outputs × inputs.</param>
    /// <param name="values">Where to write.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">The parameter's number: each has random numbers of its own.</param>
    public abstract void Fill(Shape shape, Span<float> values, ulong seed, ulong stream);

    /// <summary>Inputs that one output depends on: the product of all sizes but the first.</summary>
    protected static double FanIn(Shape shape) => (double)shape.Count / shape[0];

    /// <summary>Outputs that one input reaches.</summary>
    protected static double FanOut(Shape shape) => (double)shape.Count / shape[^1];
}

/// <summary>All elements the same.</summary>
/// <param name="Value">The value.</param>
public sealed record ConstantInitializer(float Value) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Shape shape, Span<float> values, ulong seed, ulong stream) => values.Fill(Value);
}

/// <summary>Normal with standard deviation gain/√(fan in): keeps the variance through layers with ReLU.</summary>
/// <param name="Gain">√2 for ReLU.</param>
/// <remarks>K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", ICCV 2015, section 2.2.</remarks>
public sealed record HeNormal(float Gain = 1.41421356f) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Shape shape, Span<float> values, ulong seed, ulong stream) =>
        RandomFill.Normal(values, seed, stream, (float)(Gain / Math.Sqrt(FanIn(shape))));
}

/// <summary>Uniform between ±√(6/(fan in + fan out)): keeps the variance of activations and gradients in linear layers.</summary>
/// <remarks>
/// X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, equation 16.
/// </remarks>
public sealed record GlorotUniform : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Shape shape, Span<float> values, ulong seed, ulong stream) =>
        RandomFill.Uniform(values, seed, stream, (float)Math.Sqrt(6.0 / (FanIn(shape) + FanOut(shape))));
}

/// <summary>Uniform between ± a bound.</summary>
/// <param name="Bound">The bound.</param>
public sealed record Uniform(float Bound) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Shape shape, Span<float> values, ulong seed, ulong stream) =>
        RandomFill.Uniform(values, seed, stream, Bound);
}

/// <summary>Normal with mean 0.</summary>
/// <param name="Deviation">The standard deviation.</param>
public sealed record Normal(float Deviation) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(Shape shape, Span<float> values, ulong seed, ulong stream) =>
        RandomFill.Normal(values, seed, stream, Deviation);
}
