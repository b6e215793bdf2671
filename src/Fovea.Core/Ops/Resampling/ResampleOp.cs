using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Weighted sums of neighbours along one dimension: interpolation, or means over windows of uneven sizes.</summary>
/// <param name="Axis">The dimension.</param>
/// <param name="Weights">Which elements each result is made of.</param>
public sealed record ResampleOp(int Axis, AxisWeights Weights) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape shape = inputs[0].Shape;
        shape.CheckAxis(Axis, "resample");
        if (shape[Axis] != Weights.Inputs)
            throw new ShapeException($"Dimension {Axis} of {shape} has not the {Weights.Inputs} elements that are resampled.");
        return [inputs[0] with { Shape = shape.With(Axis, Weights.Outputs) }];
    }

    /// <inheritdoc/>
    public override string Details(IReadOnlyList<TensorSpec> inputs) => $"dimension {Axis} from {Weights}";

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(0, context.Graph.Add(new ResampleOp(Axis, Weights.Transposed()), context.OutputGradient));
}
