using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>
/// Drops elements at random and scales the others up. The second input is the training step's number; the same step, seed and
/// stream drop the same elements, so the gradient needs no stored mask.
/// </summary>
/// <param name="Probability">The probability of being dropped.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Stream">Chooses the masks among those of the seed: layers with different streams drop different elements.</param>
public sealed record DropoutOp(float Probability, ulong Seed, uint Stream) : Op
{
    /// <inheritdoc/>
    public override bool KeepsOrder(int input) => input == 0;

    /// <inheritdoc/>
    public override string Name => FormattableString.Invariant($"Dropout {Probability}");

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => input == 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (!(Probability is >= 0 and < 1))
            throw new ShapeException(
            FormattableString.Invariant($"A dropout probability must be at least 0 and less than 1, not {Probability}."));
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(this, context.OutputGradient, context.Inputs[1]));
}
