using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>Tensors one behind the other along one dimension; their other sizes are equal.</summary>
/// <param name="Axis">The dimension.</param>
public sealed record ConcatOp(int Axis) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape first = inputs[0].Shape;
        first.CheckAxis(Axis, "concatenate");
        long length = 0;
        foreach (TensorSpec input in inputs)
        {
            if (input.Shape.Rank != first.Rank || input.Shape.With(Axis, first[Axis]) != first)
                throw new ShapeException(
                    $"{first} and {input.Shape} differ in more than dimension {Axis} and cannot be concatenated along it.");
            if (input.DType != inputs[0].DType)
                throw new ShapeException($"{inputs[0]} and {input} have other types and cannot be concatenated.");
            length += input.Shape[Axis];
        }
        return [inputs[0] with { Shape = first.With(Axis, length) }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        int start = 0;
        for (int i = 0; i < context.Inputs.Count; i++)
        {
            int length = context.Inputs[i].Shape[Axis];
            if (context.Needs(i)) context.Accumulate(i, context.Graph.Add(new SliceOp(Axis, start, length), context.OutputGradient));
            start += length;
        }
    }
}
