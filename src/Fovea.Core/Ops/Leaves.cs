using Fovea.Graph;

namespace Fovea.Ops;

/// <summary>A tensor that every run is fed with.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Spec">Its shape and type.</param>
public sealed record InputOp(string Label, TensorSpec Spec) : Op
{
    /// <inheritdoc/>
    public override string Name => $"Input {Label}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [Spec];
}

/// <summary>The present value of a variable.</summary>
/// <param name="Variable">The variable.</param>
public sealed record VariableOp(Variable Variable) : Op
{
    /// <inheritdoc/>
    public override string Name => $"Variable {Variable.Name}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [new TensorSpec(Variable.Shape)];
}

/// <summary>A tensor that holds one value everywhere.</summary>
/// <param name="Value">The value.</param>
/// <param name="Shape">Its sizes.</param>
public sealed record ConstantOp(float Value, Shape Shape) : Op
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [new TensorSpec(Shape)];
}
