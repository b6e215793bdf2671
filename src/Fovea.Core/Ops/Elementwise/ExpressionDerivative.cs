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
            MapOpcode.Abs => Chain(inner, slope => Expression.Sign(u.A) * slope),
            MapOpcode.Sign => 0f,
            MapOpcode.Sqrt => Chain(inner, slope => slope * 0.5f / y),
            MapOpcode.Exp => Chain(inner, slope => y * slope),
            // Not y + 1, which keeps no digit of small exponentials.
            MapOpcode.Expm1 => Chain(inner, slope => Expression.Exp(u.A) * slope),
            MapOpcode.Log => Chain(inner, slope => slope / u.A),
            MapOpcode.Log1p => Chain(inner, slope => slope / (1f + u.A)),
            MapOpcode.Erf => Chain(inner, slope => (float)(2 / Math.Sqrt(Math.PI)) * Expression.Exp(-(u.A * u.A)) * slope),
            MapOpcode.Tanh => Chain(inner, slope => (1f - (y * y)) * slope),
            MapOpcode.Sigmoid => Chain(inner, slope => y * (1f - y) * slope),
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
            MapOpcode.Multiply => Chain(da, slope => slope * b.B) + Chain(db, slope => b.A * slope),
            MapOpcode.Divide => Chain(da, slope => slope / b.B) - Chain(db, slope => y * slope / b.B),
            MapOpcode.Max or MapOpcode.Min => Taken(b, da, db),
            MapOpcode.Power => Chain(da, slope => OfBase(b) * slope) + Chain(db, slope => OfExponent(b, y) * slope),
            _ => throw new NotSupportedException($"{b.Opcode} has no derivative."),
        };
    }

    /// <summary>
    /// Where an inner formula has no slope because it is not the one that is taken, the outer one's, which may be infinite there, is not
    /// multiplied by 0.
    /// </summary>
    public static Expression Chain(Expression inner, Func<Expression, Expression> outer) => inner switch
    {
        ConstantExpression { Value: 0 } => 0f,
        SelectExpression { Positive: ConstantExpression { Value: 0 } } s =>
            Expression.SelectPositive(s.Condition, 0f, Chain(s.Other, outer)),
        SelectExpression { Other: ConstantExpression { Value: 0 } } s =>
            Expression.SelectPositive(s.Condition, Chain(s.Positive, outer), 0f),
        _ => outer(inner),
    };

    /// <summary>The slope of the one that is taken; of a tie half of both, or what a constant has, none.</summary>
    private static Expression Taken(BinaryExpression b, Expression da, Expression db)
    {
        (Expression forFirst, Expression forSecond) = b.Opcode == MapOpcode.Max ? (b.A - b.B, b.B - b.A) : (b.B - b.A, b.A - b.B);
        if (b.B is ConstantExpression) return Expression.SelectPositive(forFirst, da, 0f);
        if (b.A is ConstantExpression) return Expression.SelectPositive(forSecond, db, 0f);
        return Expression.SelectPositive(forFirst, da, Expression.SelectPositive(forSecond, db, 0.5f * (da + db)));
    }

    // b · aᵇ⁻¹, and for b = 0 nothing, where aᵇ⁻¹ is infinite at a = 0. What is no number is not positive, and stays.
    private static Expression OfBase(BinaryExpression power)
    {
        if (power.B is ConstantExpression c) return c.Value * Expression.Pow(power.A, c.Value - 1);
        Expression slope = power.B * Expression.Pow(power.A, power.B - 1f);
        return Expression.SelectPositive(Expression.Abs(power.B), slope, power.B);
    }

    // aᵇ log a, and at a = 0 for b ≥ 0 its limit, 0, which aᵇ · a is there; of what is no number it keeps that.
    private static Expression OfExponent(BinaryExpression power, Expression y)
    {
        Expression slope = y * Expression.Log(power.A);
        return Expression.SelectPositive(Expression.Abs(power.A), slope, Expression.SelectPositive(-power.B, slope, y * power.A));
    }
}
