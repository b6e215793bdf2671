using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Local response normalisation across channels: y = x · (k + α/size · Σ x²)^−β over <c>size</c> neighbours.</summary>
/// <param name="Size">How many channels the sum covers.</param>
/// <param name="Alpha">α.</param>
/// <param name="Beta">β.</param>
/// <param name="K">k.</param>
/// <remarks>Krizhevsky et al., NIPS 2012, section 3.3; α is divided by the size, as in PyTorch.</remarks>
public sealed record LocalResponseNormalizationOp(int Size, float Alpha, float Beta, float K) : Op
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
        context.Accumulate(0, context.Graph.Add(new LocalResponseNormalizationGradientOp(this), context.Inputs[0], context.OutputGradient));
}

/// <summary>The gradient of a local response normalisation's input, from that input and the output's gradient.</summary>
/// <param name="Forward">The normalisation.</param>
public sealed record LocalResponseNormalizationGradientOp(LocalResponseNormalizationOp Forward) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];
}
