namespace Fovea.Ops;

/// <summary>Labels, Int32 of any shape, as rows of 0 with a 1 at the label; a label that is no class gives a row of 0.</summary>
/// <param name="Classes">The length of a row.</param>
public sealed record OneHotOp(int Classes) : Graph.Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs[0].DType != DType.Int32) throw new ShapeException($"Labels are Int32, not {inputs[0].DType}.");
        return [new TensorSpec(new Shape([.. inputs[0].Shape.Dimensions, Classes]))];
    }
}
