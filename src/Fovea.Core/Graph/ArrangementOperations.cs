using Fovea.Ops;

namespace Fovea.Graph;

/// <summary>Operations that move elements, and reductions over any dimensions, as methods of values.</summary>
public static class ArrangementOperations
{
    /// <summary>Neighbours along one dimension, from <paramref name="start"/> on.</summary>
    /// <exception cref="ShapeException">They are not all there.</exception>
    public static Value Slice(this Value x, int axis, int start, int length) =>
        start == 0 && axis >= 0 && axis < x.Shape.Rank && length == x.Shape[axis] ? x : x.Graph.Add(new SliceOp(axis, start, length), x);

    /// <summary>Values one behind the other along a dimension; their other sizes are equal.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    /// <exception cref="ShapeException">They do not fit together.</exception>
    public static Value Concat(int axis, params IReadOnlyList<Value> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0) throw new ArgumentException("There is nothing to concatenate.", nameof(values));
        return values.Count == 1 ? values[0] : values[0].Graph.Add(new ConcatOp(axis), [.. values]);
    }

    /// <summary>Zeros before and behind the elements along one dimension.</summary>
    /// <exception cref="ShapeException">There is no such dimension, or a number is negative.</exception>
    public static Value Pad(this Value x, int axis, int before, int behind) => x.Graph.Add(new PadOp(axis, before, behind), x);

    /// <summary>The dimensions in another order: <c>x.Transpose(0, 3, 1, 2)</c> puts channels before height and width.</summary>
    /// <exception cref="ShapeException">The order does not name each dimension once.</exception>
    public static Value Transpose(this Value x, params IReadOnlyList<int> order) => x.Graph.Add(new TransposeOp([.. order]), x);

    /// <summary>Rows of a table, rows × …, chosen by Int32 numbers.</summary>
    public static Value Gather(this Value table, Value numbers) => table.Graph.Add(new GatherOp(), table, numbers);

    /// <summary>Labels as rows with a 1 at the label.</summary>
    public static Value OneHot(this Value labels, int classes) => labels.Graph.Add(new OneHotOp(classes), labels);

    /// <summary>The sum over some dimensions, which stay with size 1.</summary>
    /// <exception cref="ShapeException">There is no such dimension.</exception>
    public static Value SumOver(this Value x, params IReadOnlyList<int> axes) =>
        Reduce(x, axes, (value, first, count) => value.Graph.Add(new SumOp(first, count), value));

    /// <summary>The mean over some dimensions, which stay with size 1.</summary>
    /// <exception cref="ShapeException">There is no such dimension.</exception>
    public static Value MeanOver(this Value x, params IReadOnlyList<int> axes)
    {
        Value sum = x.SumOver(axes);
        return sum.Scale((float)((double)sum.Shape.Count / x.Shape.Count));
    }

    /// <summary>The largest over some dimensions, which stay with size 1. Equally large ones share the gradient.</summary>
    /// <exception cref="ShapeException">There is no such dimension.</exception>
    public static Value MaxOver(this Value x, params IReadOnlyList<int> axes) =>
        Reduce(x, axes, (value, first, count) => value.Graph.Add(new MaxReductionOp(first, count), value));

    // Neighbouring dimensions are reduced in one.
    private static Value Reduce(Value x, IReadOnlyList<int> axes, Func<Value, int, int, Value> reduce)
    {
        foreach (int axis in axes) x.Shape.CheckAxis(axis, "reduce");
        int[] ordered = [.. axes.Distinct().Order()];
        for (int end = ordered.Length; end > 0;)
        {
            int first = end - 1;
            while (first > 0 && ordered[first - 1] == ordered[first] - 1) first--;
            x = reduce(x, ordered[first], end - first);
            end = first;
        }
        return x;
    }
}
