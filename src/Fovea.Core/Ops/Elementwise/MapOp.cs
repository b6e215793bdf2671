using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>An elementwise formula of any number of inputs. Every chain of elementwise operations is one map.</summary>
/// <param name="Formula">The formula.</param>
/// <remarks>
/// An input has the result's shape, or a single element, or the result's innermost dimensions (one value a channel); what
/// broadcasts in another way goes through <see cref="BroadcastOp"/> first.
/// </remarks>
public sealed record MapOp(Expression Formula) : Op
{
    /// <inheritdoc/>
    public override bool KeepsOrder(int input) => true;

    /// <inheritdoc/>
    public override string Name => $"Map {Formula}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        CheckLeaves(Formula, inputs.Count);
        Shape result = inputs[0].Shape;
        foreach (TensorSpec input in inputs)
        {
            if (input.DType != DType.Float32) throw new ShapeException($"A map takes floats, not {input}.");
            if (input.Shape.Count > result.Count || (input.Shape.Count == result.Count && input.Shape.Rank > result.Rank))
                result = input.Shape;
        }
        foreach (TensorSpec input in inputs) Kind(input.Shape, result);
        return [new TensorSpec(result)];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Gradient(GradientContext context)
    {
        for (int i = 0; i < context.Inputs.Count; i++)
        {
            if (!context.Needs(i)) continue;
            int count = context.Inputs.Count;
            Expression derivative = ExpressionDerivative.Chain(
                ExpressionDerivative.Of(Formula, i), slope => slope * Expression.Input(count));
            Value[] operands = [.. context.Inputs, context.OutputGradient, context.Node.Outputs[0]];
            Expression formula = derivative.Substitute(leaf => leaf is ResultExpression ? Expression.Input(count + 1) : leaf);
            Value gradient = formula is ConstantExpression { Value: 0 }
                ? context.Graph.Constant(0, context.OutputGradient.Shape)
                : Create(formula, operands);
            context.Accumulate(i, gradient.SumTo(context.Inputs[i].Shape));
        }
    }

    /// <summary>Adds a map to a graph, with only those operands that its formula mentions.</summary>
    internal static Value Create(Expression formula, params IReadOnlyList<Value> operands)
    {
        if (formula is InputExpression same) return operands[same.Index];
        int[] used = [.. formula.Leaves()];
        Expression compact = formula.Substitute(leaf => leaf is InputExpression x ? Expression.Input(Array.IndexOf(used, x.Index)) : leaf);
        Value[] inputs = [.. used.Select(index => operands[index])];
        return inputs[0].Graph.Add(new MapOp(compact), inputs);
    }

    /// <exception cref="ShapeException">A formula mentions an input that there is not.</exception>
    internal static void CheckLeaves(Expression formula, int inputs)
    {
        foreach (int leaf in formula.Leaves())
        {
            if (leaf < 0 || leaf >= inputs)
                throw new ShapeException($"The formula {formula} mentions input {leaf}, but there are {inputs} inputs.");
        }
    }

    /// <summary>How an input is spread over the result.</summary>
    /// <exception cref="ShapeException">It fits in none of the ways.</exception>
    internal static MapInputKind Kind(Shape input, Shape result)
    {
        if (input.Count == result.Count && Trimmed(input).SequenceEqual(Trimmed(result))) return MapInputKind.Full;
        if (input.Count == 1) return MapInputKind.Scalar;
        ReadOnlySpan<int> inner = Trimmed(input);
        if (inner.Length <= result.Rank && result.Dimensions[^inner.Length..].SequenceEqual(inner)) return MapInputKind.Repeating;
        throw new ShapeException($"An operand of {input} does not fit a result of {result}.");
    }

    private static ReadOnlySpan<int> Trimmed(Shape shape)
    {
        ReadOnlySpan<int> sizes = shape.Dimensions;
        while (sizes.Length > 0 && sizes[0] == 1) sizes = sizes[1..];
        return sizes;
    }
}

/// <summary>
/// Replaces variables by new values, all computed from the old ones: an optimizer's step. The inputs are the variables, then
/// whatever else the formulas mention.
/// </summary>
/// <param name="Formulas">The new value of each variable.</param>
public sealed record UpdateOp(IReadOnlyList<Expression> Formulas) : Op
{
    /// <inheritdoc/>
    public override bool HasEffect => true;

    /// <inheritdoc/>
    public override bool Replaces(int input) => input < Formulas.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        foreach (Expression formula in Formulas) MapOp.CheckLeaves(formula, inputs.Count);
        foreach (TensorSpec input in inputs.Take(Formulas.Count))
        {
            if (input.Shape != inputs[0].Shape)
                throw new ShapeException($"An update of {inputs[0].Shape} cannot also replace {input.Shape}.");
        }
        foreach (TensorSpec input in inputs) MapOp.Kind(input.Shape, inputs[0].Shape);
        return [];
    }
}

/// <summary>Equal updates of several tensors, done as one.</summary>
/// <param name="Each">The update of one tensor.</param>
/// <param name="Members">How many there are. The inputs are those of the first, then those of the second, and so on.</param>
/// <param name="Operands">How many inputs each has.</param>
public sealed record UpdateGroupOp(UpdateOp Each, int Members, int Operands) : Op
{
    /// <inheritdoc/>
    public override string Name => $"Update of {Members} tensors";

    /// <inheritdoc/>
    public override bool HasEffect => true;

    /// <inheritdoc/>
    public override bool Replaces(int input) => Each.Replaces(input % Operands);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        foreach (TensorSpec[] member in inputs.Chunk(Operands)) Each.Infer(member);
        return [];
    }
}
