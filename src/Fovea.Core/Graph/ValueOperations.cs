using Fovea.Ops;
using E = Fovea.Ops.Expression;

namespace Fovea.Graph;

/// <summary>The operations one writes a network with, as methods of its values.</summary>
public static class ValueOperations
{
    /// <summary>Elementwise max(x, 0); NaN stays NaN. The gradient at 0 is 0.</summary>
    public static Value Relu(this Value x) => MapOp.Create(E.Max(E.Input(0), 0f), x);

    /// <summary>Elementwise x where positive, slope · x elsewhere. The gradient at 0 is the slope.</summary>
    public static Value LeakyRelu(this Value x, float slope = 0.01f) =>
        MapOp.Create(E.SelectPositive(E.Input(0), E.Input(0), slope * E.Input(0)), x);

    /// <summary>Elementwise x where positive, slope · x elsewhere, with a slope per channel (or one for all) that can be trained.</summary>
    public static Value Prelu(this Value x, Value slope) =>
        MapOp.Create(E.SelectPositive(E.Input(0), E.Input(0), E.Input(1) * E.Input(0)), x, slope);

    /// <summary>Elementwise x where positive, α(eˣ − 1) elsewhere (Clevert et al., ICLR 2016). The gradient at 0 is α.</summary>
    public static Value Elu(this Value x, float alpha = 1) =>
        MapOp.Create(E.SelectPositive(E.Input(0), E.Input(0), alpha * E.Expm1(E.SelectPositive(E.Input(0), 0f, E.Input(0)))), x);

    /// <summary>Elementwise x · sigmoid(x) (Hendrycks and Gimpel, 2016; also called swish).</summary>
    public static Value Silu(this Value x) => MapOp.Create(E.Input(0) * E.Sigmoid(E.Input(0)), x);

    /// <summary>
    /// Elementwise scale · (x where positive, α(eˣ − 1) elsewhere), with the constants that keep mean 0 and variance 1 (Klambauer et al.,
    /// NeurIPS 2017). The gradient at 0 is scale · α.
    /// </summary>
    public static Value Selu(this Value x)
    {
        const float Alpha = 1.6732632f, Scale = 1.050701f;
        E bounded = E.SelectPositive(E.Input(0), 0f, E.Input(0));
        return MapOp.Create(E.SelectPositive(E.Input(0), Scale * E.Input(0), Scale * Alpha * E.Expm1(bounded)), x);
    }

    /// <summary>
    /// Elementwise x · Φ(x) with the normal distribution function Φ (Hendrycks and Gimpel, 2016), or the approximation of it by a
    /// hyperbolic tangent.
    /// </summary>
    public static Value Gelu(this Value x, bool approximate = false) => x.Apply(v => approximate
        ? 0.5f * v * (1f + E.Tanh((float)Math.Sqrt(2 / Math.PI) * (v + (0.044715f * (v * v * v)))))
        : 0.5f * v * (1f + E.Erf((float)Math.Sqrt(0.5) * v)));

    /// <summary>Elementwise log(1 + eˣ), for large x without overflow and for small x without loss.</summary>
    public static Value Softplus(this Value x) => x.Apply(SoftplusOf);

    /// <summary>Elementwise x · tanh(log(1 + eˣ)) (Misra, 2019).</summary>
    public static Value Mish(this Value x) => x.Apply(v => v * E.Tanh(SoftplusOf(v)));

    /// <summary>Elementwise min(max(x, 0), 6). The gradient at 0 and at 6 is 0.</summary>
    public static Value Relu6(this Value x) => x.Apply(v => E.Min(E.Max(v, 0f), 6f));

    /// <summary>Elementwise min(max(x / 6 + ½, 0), 1). The gradient at −3 and at 3 is 0.</summary>
    public static Value HardSigmoid(this Value x) => x.Apply(HardSigmoidOf);

    /// <summary>Elementwise x · min(max(x / 6 + ½, 0), 1) (Howard et al., ICCV 2019).</summary>
    public static Value HardSwish(this Value x) => x.Apply(v => v * HardSigmoidOf(v));

    /// <summary>Elementwise hyperbolic tangent.</summary>
    public static Value Tanh(this Value x) => MapOp.Create(E.Tanh(E.Input(0)), x);

    /// <summary>Elementwise 1 / (1 + e^−x).</summary>
    public static Value Sigmoid(this Value x) => MapOp.Create(E.Sigmoid(E.Input(0)), x);

    /// <summary>Elementwise sum; shapes broadcast as in NumPy.</summary>
    public static Value Add(this Value left, Value right) => Binary(left, right, E.Input(0) + E.Input(1));

    /// <summary>Elementwise difference; shapes broadcast.</summary>
    public static Value Subtract(this Value left, Value right) => Binary(left, right, E.Input(0) - E.Input(1));

    /// <summary>Elementwise product; shapes broadcast.</summary>
    public static Value Multiply(this Value left, Value right) => Binary(left, right, E.Input(0) * E.Input(1));

    /// <summary>Elementwise quotient; shapes broadcast.</summary>
    public static Value Divide(this Value left, Value right) => Binary(left, right, E.Input(0) / E.Input(1));

    /// <summary>Every element times a constant.</summary>
    public static Value Scale(this Value x, float factor) => MapOp.Create(E.Input(0) * factor, x);

    /// <summary>Any elementwise formula of values whose shapes fit a map's.</summary>
    public static Value Apply(this Value x, Func<E, E> formula) => MapOp.Create(formula(E.Input(0)), x);

    /// <summary>The sum of all elements: one number.</summary>
    public static Value Sum(this Value x) => x.Graph.Add(new SumOp(0, x.Shape.Rank), x).Reshape(Shape.Scalar);

    /// <summary>The mean of all elements: one number.</summary>
    public static Value Mean(this Value x) => x.Sum().Scale((float)(1.0 / x.Shape.Count));

    /// <summary>The sum over a range of neighbouring dimensions, which stay with size 1.</summary>
    public static Value Sum(this Value x, int firstDimension, int dimensions) => x.Graph.Add(new SumOp(firstDimension, dimensions), x);

    /// <summary>The same elements under another shape.</summary>
    public static Value Reshape(this Value x, Shape shape) => x.Shape == shape ? x : x.Graph.Add(new ReshapeOp(shape), x);

    /// <summary>All dimensions but the first in one.</summary>
    public static Value Flatten(this Value x) => x.Reshape(
        new Shape(x.Shape[0], x.Shape.Joined("All dimensions but the first", x.Shape.Count / x.Shape[0])));

    /// <summary>Probabilities over the innermost dimension.</summary>
    public static Value Softmax(this Value logits) => logits.Graph.Add(new SoftmaxOp(), logits);

    /// <summary>Logarithms of the probabilities over the innermost dimension.</summary>
    public static Value LogSoftmax(this Value logits) => logits.Graph.Add(new SoftmaxOp(Logarithm: true), logits);

    /// <summary>Matrix product; of values of a higher rank, pair by pair of the matrices that are their innermost two dimensions.</summary>
    /// <param name="left">… × rows × depth, or … × depth × rows if it is to be transposed.</param>
    /// <param name="right">… × depth × columns, or … × columns × depth if it is to be transposed.</param>
    /// <param name="transposeLeft">Whether the left matrices are to be transposed.</param>
    /// <param name="transposeRight">Whether the right matrices are to be transposed.</param>
    public static Value MatMul(this Value left, Value right, bool transposeLeft = false, bool transposeRight = false) =>
        left.Graph.Add(new MatrixProductOp(transposeLeft, transposeRight), left, right);

    /// <summary>The sum over everything that was broadcast, so that the result has the given shape.</summary>
    internal static Value SumTo(this Value x, Shape shape)
    {
        if (x.Shape == shape) return x;
        if (shape.Count == x.Shape.Count) return x.Reshape(shape);
        int offset = x.Shape.Rank - shape.Rank;
        if (offset < 0) return x.Reshape(new Shape([.. Enumerable.Repeat(1, -offset), .. x.Shape.Dimensions])).SumTo(shape);
        for (int i = 0; i < x.Shape.Rank;)
        {
            int first = i;
            while (i < x.Shape.Rank && x.Shape[i] != 1 && (i < offset || shape[i - offset] == 1)) i++;
            if (i > first) x = x.Sum(first, i - first);
            else i++;
        }
        return x.Reshape(shape);
    }

    // Written for either sign, so that neither overflows and the derivative at 0 is that of the logistic function.
    private static E SoftplusOf(E v) => E.SelectPositive(v, v + E.Log1p(E.Exp(-v)), E.Log1p(E.Exp(v)));

    private static E HardSigmoidOf(E v) => E.Min(E.Max((v / 6f) + 0.5f, 0f), 1f);

    private static Value Binary(Value left, Value right, E formula)
    {
        Shape result = Broadcast(left.Shape, right.Shape);
        return MapOp.Create(formula, left.Fit(result), right.Fit(result));
    }

    /// <summary>Repeats elements unless a map can spread them by itself.</summary>
    private static Value Fit(this Value x, Shape result)
    {
        if (x.Shape.Count == 1) return x;
        ReadOnlySpan<int> inner = x.Shape.Dimensions;
        while (inner.Length > 0 && inner[0] == 1) inner = inner[1..];
        if (result.Dimensions[^inner.Length..].SequenceEqual(inner)) return x;

        x = x.Reshape(new Shape([.. Enumerable.Repeat(1, result.Rank - x.Shape.Rank), .. x.Shape.Dimensions]));
        for (int i = result.Rank - 1; i >= 0; i--)
        {
            if (x.Shape[i] == result[i]) continue;
            int[] sizes = x.Shape.Dimensions.ToArray();
            sizes[i] = result[i];
            x = x.Graph.Add(new BroadcastOp(new Shape(sizes), i, 1), x);
        }
        return x;
    }

    private static Shape Broadcast(Shape left, Shape right)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        int[] sizes = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int a = i <= left.Rank ? left[^i] : 1, b = i <= right.Rank ? right[^i] : 1;
            if (a != b && a != 1 && b != 1) throw new ShapeException($"{left} and {right} do not fit elementwise: {a} is not {b}.");
            sizes[rank - i] = Math.Max(a, b);
        }
        return new Shape(sizes);
    }
}
