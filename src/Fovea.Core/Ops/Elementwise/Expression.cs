namespace Fovea.Ops;

/// <summary>
/// A formula over the elements of a <see cref="MapOp"/>'s inputs. Formulas are plain data: they are differentiated, simplified,
/// merged and compiled, for whichever device.
/// </summary>
public abstract record Expression
{
    /// <summary>An input of the map.</summary>
    public static Expression Input(int index) => new InputExpression(index);

    /// <summary>The result of the map, in a gradient.</summary>
    internal static Expression Result { get; } = new ResultExpression();

    /// <summary>A constant.</summary>
    public static implicit operator Expression(float value) => new ConstantExpression(value);

    /// <summary>Sum.</summary>
    public static Expression operator +(Expression a, Expression b) =>
        a is ConstantExpression { Value: 0 } ? b : b is ConstantExpression { Value: 0 } ? a : Binary(MapOpcode.Add, a, b);

    /// <summary>Difference.</summary>
    public static Expression operator -(Expression a, Expression b) =>
        b is ConstantExpression { Value: 0 } ? a : a is ConstantExpression { Value: 0 } ? -b : Binary(MapOpcode.Subtract, a, b);

    /// <summary>Product.</summary>
    public static Expression operator *(Expression a, Expression b) =>
        a is ConstantExpression { Value: 1 } || b is ConstantExpression { Value: 0 } ? b
        : b is ConstantExpression { Value: 1 } || a is ConstantExpression { Value: 0 } ? a
        : a is SelectExpression { Positive: ConstantExpression { Value: 1 } } gate ? SelectPositive(gate.Condition, b, gate.Other * b)
        : Binary(MapOpcode.Multiply, a, b);

    /// <summary>Quotient.</summary>
    public static Expression operator /(Expression a, Expression b) =>
        b is ConstantExpression { Value: 1 } || a is ConstantExpression { Value: 0 } ? a : Binary(MapOpcode.Divide, a, b);

    /// <summary>Negation.</summary>
    public static Expression operator -(Expression a) => Unary(MapOpcode.Negate, a);

    /// <summary>The larger of two; NaN if one is.</summary>
    /// <remarks>
    /// Where both are equal, each has half of the gradient. A constant has all of it: <c>Max(a, 0)</c>, the rectifier, has the gradient
    /// 0 at 0.
    /// </remarks>
    public static Expression Max(Expression a, Expression b) => Symmetric(MapOpcode.Max, a, b);

    /// <summary>The smaller of two; NaN if one is.</summary>
    /// <remarks>Where both are equal, each has half of the gradient. A constant has all of it.</remarks>
    public static Expression Min(Expression a, Expression b) => Symmetric(MapOpcode.Min, a, b);

    /// <summary>
    /// A power, as C defines it: <c>Pow(a, 0)</c> is 1 for every a, and a negative base has powers with whole exponents only.
    /// </summary>
    /// <remarks>
    /// At a = 0 the gradient of the base is b · 0ᵇ⁻¹, and 0 for b = 0; that of the exponent is 0 for b ≥ 0, and −∞ for b &lt; 0.
    /// </remarks>
    public static Expression Pow(Expression a, Expression b) =>
        b is ConstantExpression { Value: 2 } ? a * a : Binary(MapOpcode.Power, a, b);

    /// <summary>The absolute value. The gradient at 0 is 0.</summary>
    public static Expression Abs(Expression a) => Unary(MapOpcode.Abs, a);

    /// <summary>−1, 0 or 1. The gradient is 0 everywhere.</summary>
    public static Expression Sign(Expression a) => Unary(MapOpcode.Sign, a);

    /// <summary>The square root. The gradient at 0 is ∞.</summary>
    public static Expression Sqrt(Expression a) => Unary(MapOpcode.Sqrt, a);

    /// <summary>e to a power.</summary>
    public static Expression Exp(Expression a) => Unary(MapOpcode.Exp, a);

    /// <summary>e to a power, less 1: near 0, where <c>Exp(a) - 1</c> keeps no digit, as accurate as elsewhere.</summary>
    public static Expression Expm1(Expression a) => Unary(MapOpcode.Expm1, a);

    /// <summary>The natural logarithm.</summary>
    public static Expression Log(Expression a) => Unary(MapOpcode.Log, a);

    /// <summary>The natural logarithm of 1 + a: near 0, where <c>Log(1 + a)</c> keeps no digit, as accurate as elsewhere.</summary>
    public static Expression Log1p(Expression a) => Unary(MapOpcode.Log1p, a);

    /// <summary>The error function, 2/√π ∫ e^(−t²) dt from 0 to a.</summary>
    public static Expression Erf(Expression a) => Unary(MapOpcode.Erf, a);

    /// <summary>The hyperbolic tangent.</summary>
    public static Expression Tanh(Expression a) => Unary(MapOpcode.Tanh, a);

    /// <summary>The logistic function 1 / (1 + e^−a).</summary>
    public static Expression Sigmoid(Expression a) => Unary(MapOpcode.Sigmoid, a);

    /// <summary>One formula where a condition is greater than 0, another elsewhere, also where the condition is NaN.</summary>
    /// <remarks>
    /// The gradient is that of the formula that is taken, and the condition has none. What the other one has there, NaN or ∞, reaches
    /// neither result nor gradient.
    /// </remarks>
    public static Expression SelectPositive(Expression condition, Expression positive, Expression other)
    {
        // Within a branch the same condition is decided.
        if (positive is SelectExpression p && p.Condition.Equals(condition)) positive = p.Positive;
        if (other is SelectExpression o && o.Condition.Equals(condition)) other = o.Other;
        return positive.Equals(other) ? positive : new SelectExpression(condition, positive, other);
    }

    /// <summary>Replaces inputs (and the result) by other formulas.</summary>
    internal Expression Substitute(Func<Expression, Expression> leaf) => this switch
    {
        UnaryExpression u => Unary(u.Opcode, u.A.Substitute(leaf)),
        BinaryExpression b => b.Opcode switch
        {
            MapOpcode.Add => b.A.Substitute(leaf) + b.B.Substitute(leaf),
            MapOpcode.Subtract => b.A.Substitute(leaf) - b.B.Substitute(leaf),
            MapOpcode.Multiply => b.A.Substitute(leaf) * b.B.Substitute(leaf),
            MapOpcode.Divide => b.A.Substitute(leaf) / b.B.Substitute(leaf),
            MapOpcode.Max or MapOpcode.Min => Symmetric(b.Opcode, b.A.Substitute(leaf), b.B.Substitute(leaf)),
            _ => Binary(b.Opcode, b.A.Substitute(leaf), b.B.Substitute(leaf)),
        },
        SelectExpression s => SelectPositive(s.Condition.Substitute(leaf), s.Positive.Substitute(leaf), s.Other.Substitute(leaf)),
        _ => leaf(this),
    };

    /// <summary>The inputs that occur, and −1 for the result, in the order of their first occurrence.</summary>
    internal IEnumerable<int> Leaves() => (this switch
    {
        InputExpression input => [input.Index],
        ResultExpression => [-1],
        UnaryExpression u => u.A.Leaves(),
        BinaryExpression b => b.A.Leaves().Concat(b.B.Leaves()),
        SelectExpression s => s.Condition.Leaves().Concat(s.Positive.Leaves()).Concat(s.Other.Leaves()),
        _ => Enumerable.Empty<int>(),
    }).Distinct();

    /// <summary>How many operations there are.</summary>
    internal int Size => this switch
    {
        UnaryExpression u => 1 + u.A.Size,
        BinaryExpression b => 1 + b.A.Size + b.B.Size,
        SelectExpression s => 1 + s.Condition.Size + s.Positive.Size + s.Other.Size,
        _ => 0,
    };

    /// <summary>A constant comes second, so that both orders are one formula.</summary>
    private static BinaryExpression Symmetric(MapOpcode opcode, Expression a, Expression b) =>
        a is ConstantExpression && b is not ConstantExpression ? Binary(opcode, b, a) : Binary(opcode, a, b);

    private static UnaryExpression Unary(MapOpcode opcode, Expression a) => new UnaryExpression(opcode, a);

    private static BinaryExpression Binary(MapOpcode opcode, Expression a, Expression b) => new BinaryExpression(opcode, a, b);
}

internal sealed record InputExpression(int Index) : Expression
{
    public override string ToString() => $"x{Index}";
}

internal sealed record ResultExpression : Expression
{
    public override string ToString() => "y";
}

internal sealed record ConstantExpression(float Value) : Expression
{
    public override string ToString() => FormattableString.Invariant($"{Value}");
}

internal sealed record UnaryExpression(MapOpcode Opcode, Expression A) : Expression
{
    public override string ToString() => $"{Opcode.ToString().ToLowerInvariant()}({A})";
}

internal sealed record BinaryExpression(MapOpcode Opcode, Expression A, Expression B) : Expression
{
    public override string ToString() => Opcode switch
    {
        MapOpcode.Add => $"({A} + {B})",
        MapOpcode.Subtract => $"({A} - {B})",
        MapOpcode.Multiply => $"({A} * {B})",
        MapOpcode.Divide => $"({A} / {B})",
        _ => $"{Opcode.ToString().ToLowerInvariant()}({A}, {B})",
    };
}

internal sealed record SelectExpression(Expression Condition, Expression Positive, Expression Other) : Expression
{
    public override string ToString() => $"({Condition} > 0 ? {Positive} : {Other})";
}
