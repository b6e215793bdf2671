namespace Fovea.Ops;

/// <summary>Derivatives of formulas.</summary>
internal static class ExpressionDerivative
{
    /// <summary>
    /// The derivative with respect to one input. Where it can be told from the result (y = tanh x: 1 − y²), it is, so that the input
    /// need not be kept.
    /// </summary>
    public static Expression Of(Expression formula, int input) => formula switch
    {
        SelectExpression s when Slope(s) is { } slope && s.Condition is InputExpression x =>
            x.Index == input ? Expression.SelectPositive(Expression.Result, 1f, slope) : 0f,
        BinaryExpression { Opcode: MapOpcode.Max, A: InputExpression x, B: ConstantExpression { Value: 0 } } =>
            x.Index == input ? Expression.SelectPositive(Expression.Result, 1f, 0f) : 0f,
        UnaryExpression u => Unary(u, Expression.Result, input),
        BinaryExpression b => Binary(b, Expression.Result, input),
        _ => Inner(formula, input),
    };

    /// <summary>The slope below zero if the formula is a leaky rectifier, whose result has its input's sign.</summary>
    private static float? Slope(SelectExpression s)
    {
        if (!s.Positive.Equals(s.Condition)) return null;
        return s.Other switch
        {
            BinaryExpression { Opcode: MapOpcode.Multiply, A: ConstantExpression { Value: >= 0 } slope } product when product.B.Equals(
                s.Condition) => slope.Value,
            _ => null,
        };
    }

    private static Expression Inner(Expression e, int input) => e switch
    {
        InputExpression x => x.Index == input ? 1f : 0f,
        UnaryExpression u => Unary(u, u, input),
        BinaryExpression b => Binary(b, b, input),
        SelectExpression s => Expression.SelectPositive(s.Condition, Inner(s.Positive, input), Inner(s.Other, input)),
        _ => 0f,
    };

    private static Expression Unary(UnaryExpression u, Expression y, int input)
    {
        Expression inner = Inner(u.A, input);
        return u.Opcode switch
        {
            MapOpcode.Negate => inner * -1f,
            MapOpcode.Abs => Expression.Sign(u.A) * inner,
            MapOpcode.Sign => 0f,
            MapOpcode.Sqrt => inner * 0.5f / y,
            MapOpcode.Exp => y * inner,
            MapOpcode.Log => inner / u.A,
            MapOpcode.Tanh => (1f - (y * y)) * inner,
            MapOpcode.Sigmoid => y * (1f - y) * inner,
            _ => throw new NotSupportedException($"{u.Opcode} has no derivative."),
        };
    }

    private static Expression Binary(BinaryExpression b, Expression y, int input)
    {
        Expression da = Inner(b.A, input), db = Inner(b.B, input);
        return b.Opcode switch
        {
            MapOpcode.Add => da + db,
            MapOpcode.Subtract => da - db,
            MapOpcode.Multiply => (da * b.B) + (b.A * db),
            MapOpcode.Divide => (da / b.B) - (y * db / b.B),
            MapOpcode.Max => Expression.SelectPositive(b.A - b.B, da, db),
            MapOpcode.Min => Expression.SelectPositive(b.B - b.A, da, db),
            MapOpcode.Power when b.B is ConstantExpression c => c.Value * Expression.Pow(b.A, c.Value - 1) * da,
            MapOpcode.Power => (y * b.B * da / b.A) + (y * Expression.Log(b.A) * db),
            _ => throw new NotSupportedException($"{b.Opcode} has no derivative."),
        };
    }
}
