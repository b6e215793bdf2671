using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>The largest over a range of neighbouring dimensions, which stay as dimensions of size 1; NaN if one is.</summary>
/// <param name="First">The first dimension.</param>
/// <param name="Count">How many.</param>
public sealed record MaxReductionOp(int First, int Count) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => new SumOp(First, Count).Infer(inputs);

    /// <inheritdoc/>
    /// <remarks>Elements that are equally large share the gradient, as with PyTorch's <c>amax</c>.</remarks>
    public override void Gradient(GradientContext context)
    {
        Value x = context.Inputs[0], largest = Repeated(context.Node.Outputs[0]);
        Value taken = MapOp.Create(
            Expression.SelectPositive(Expression.Abs(Expression.Input(0) - Expression.Input(1)), 0f, 1f), x, largest);
        Value share = context.OutputGradient / context.Graph.Add(new SumOp(First, Count), taken);
        context.Accumulate(0, taken * Repeated(share));

        Value Repeated(Value value) => context.Graph.Add(new BroadcastOp(x.Shape, First, Count), value);
    }
}
