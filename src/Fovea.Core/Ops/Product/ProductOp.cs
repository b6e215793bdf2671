using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>What a product does with its results before it stores them.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Negative results become 0.</summary>
    Relu,
}

/// <summary>
/// op(A)·op(B) for matrices, where op transposes or not; with a third input, a bias is added to each row. Of tensors of a higher rank,
/// whose outer dimensions are equal, the innermost two are matrices that are multiplied pair by pair; they have no bias.
/// </summary>
/// <param name="TransposeA">Whether A is stored transposed.</param>
/// <param name="TransposeB">Whether B is stored transposed.</param>
/// <param name="Activation">What follows the sum.</param>
public sealed record MatrixProductOp(bool TransposeA, bool TransposeB, Activation Activation = Activation.None) : Op
{
    /// <summary>How many products there are, and of each the rows and columns of the result and the length of the sums.</summary>
    internal (int Batch, int Rows, int Columns, int Depth) Sizes(IReadOnlyList<TensorSpec> inputs)
    {
        Shape a = inputs[0].Shape, b = inputs[1].Shape;
        int rows = a[TransposeA ? ^1 : ^2], depth = a[TransposeA ? ^2 : ^1];
        return (a.Joined("The outer dimensions", a.Count / rows / depth), rows, b[TransposeB ? ^2 : ^1], depth);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        Shape a = inputs[0].Shape, b = inputs[1].Shape;
        if (a.Rank < 2 || b.Rank < 2)
            throw new ShapeException($"A matrix product takes matrices, not {a} and {b}. Flatten images first.");
        if (!a.Dimensions[..^2].SequenceEqual(b.Dimensions[..^2]))
            throw new ShapeException($"The matrices of {a} and {b} cannot be multiplied pair by pair: their outer dimensions differ.");
        (int batch, int rows, int columns, int depth) = Sizes(inputs);
        int other = b[TransposeB ? ^1 : ^2];
        if (depth != other)
            throw new ShapeException(
                $"The matrices {a}{(TransposeA ? " (transposed)" : "")} and {b}{(TransposeB ? " (transposed)" : "")} "
                + $"do not fit: {depth} is not {other}.");
        if (inputs.Count > 2 && a.Rank > 2)
            throw new ShapeException($"Products of {a} and {b} pair by pair have no bias. Add it to their result.");
        if (inputs.Count > 2 && inputs[2].Shape != new Shape(columns))
            throw new ShapeException($"The bias is {inputs[2].Shape}, but the product has {columns} columns.");
        WindowLimits.Check("Matrix product", $"the elements along the longest dimension of {rows}×{columns}×{depth}",
            Math.Max(rows, Math.Max(columns, depth)));
        WindowLimits.Check("Matrix product", $"the multiply-adds of {rows}×{columns}×{depth}", (Int128)batch * rows * columns * depth,
            WindowLimits.MostWork);
        return [new TensorSpec(new Shape([.. a.Dimensions[..^2], rows, columns]))];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        outputs[0].Shape.Count * Sizes(inputs).Depth;

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        Value a = context.Inputs[0], b = context.Inputs[1], dc = context.OutputGradient;
        if (context.Needs(0))
        {
            // C = op(A)·op(B): d op(A) = dC·op(B)ᵀ, and a stored transpose is computed transposed.
            context.Accumulate(0, TransposeA
                ? context.Graph.Add(new MatrixProductOp(TransposeB, true), b, dc)
                : context.Graph.Add(new MatrixProductOp(false, !TransposeB), dc, b));
        }
        if (context.Needs(1))
        {
            context.Accumulate(1, TransposeB
                ? context.Graph.Add(new MatrixProductOp(true, TransposeA), dc, a)
                : context.Graph.Add(new MatrixProductOp(!TransposeA, false), a, dc));
        }
        if (context.Inputs.Count > 2 && context.Needs(2)) context.Accumulate(2, dc.SumTo(context.Inputs[2].Shape));
    }
}
