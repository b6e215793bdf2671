namespace Fovea.Graph.Ops;

/// <summary>Local response normalisation across channels: y = x · (k + α/size · Σ x²)^−β over <c>size</c> neighbours.</summary>
/// <param name="Size">How many channels the sum covers.</param>
/// <param name="Alpha">α.</param>
/// <param name="Beta">β.</param>
/// <param name="K">k.</param>
/// <remarks>Krizhevsky et al., NIPS 2012, section 3.3; α is divided by the size, as in PyTorch.</remarks>
public sealed record LocalResponseNorm(int Size, float Alpha, float Beta, float K) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs[0].Shape.Rank < 2) throw new ShapeException($"Local response normalisation takes … × channels, not {inputs[0].Shape}.");
        if (Size < 1) throw new ShapeException($"Local response normalisation covers at least one channel, not {Size}.");
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new LocalResponseNormGradient(this), context.Inputs[0], context.OutputGradient));
}

/// <summary>The gradient of a local response normalisation's input, from that input and the output's gradient.</summary>
/// <param name="Forward">The normalisation.</param>
public sealed record LocalResponseNormGradient(LocalResponseNorm Forward) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];
}

/// <summary>
/// Drops elements at random and scales the others up. The second input is the training step's number; the same step, seed and
/// stream drop the same elements, so the gradient needs no stored mask.
/// </summary>
/// <param name="Probability">The probability of being dropped.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Stream">The layer's number.</param>
public sealed record Dropout(float Probability, ulong Seed, uint Stream) : Op
{
    /// <inheritdoc/>
    public override string Name => FormattableString.Invariant($"Dropout {Probability}");

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => input == 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (!(Probability is >= 0 and < 1)) throw new ShapeException(FormattableString.Invariant($"A dropout probability must be at least 0 and less than 1, not {Probability}."));
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(this, context.OutputGradient, context.Inputs[1]));
}
