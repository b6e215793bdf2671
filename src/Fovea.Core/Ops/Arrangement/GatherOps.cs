using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>
/// Rows of a table, chosen by numbers: an embedding. The inputs are the table, rows × …, and Int32 numbers of any shape; the result has the
/// numbers' shape followed by that of a row.
/// </summary>
/// <remarks>
/// A number that is no row gives NaN, on every device, so that it is not taken for a result; it adds nothing to the gradient.
/// </remarks>
public sealed record GatherOp : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        (TensorSpec table, TensorSpec rows) = (inputs[0], inputs[1]);
        if (table.Shape.Rank == 0) throw new ShapeException("A table to gather from has at least one dimension, its rows.");
        if (table.DType != DType.Float32) throw new ShapeException($"Rows are gathered from floats, not from {table}.");
        if (rows.DType != DType.Int32) throw new ShapeException($"The numbers of rows to gather are Int32, not {rows.DType}.");
        return [table with { Shape = new Shape([.. rows.Shape.Dimensions, .. table.Shape.Dimensions[1..]]) }];
    }

    /// <inheritdoc/>
    public override void Gradient(GradientContext context) =>
        context.Accumulate(
            0, context.Graph.Add(new GatherGradientOp(context.Inputs[0].Shape), context.Inputs[1], context.OutputGradient));
}

/// <summary>The gradient of the table of a <see cref="GatherOp"/>: each row's are added, in the order of the numbers.</summary>
/// <param name="Table">The table's sizes.</param>
public sealed record GatherGradientOp(Shape Table) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [new TensorSpec(Table)];
}
