using Fovea.Compute.Dialect;
using Fovea.Kernels.Simd.Elementwise;

namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>A function of one number.</summary>
public interface IUnaryOperator
{
    /// <summary>Computes it.</summary>
    static abstract float Apply(float a);
}

/// <summary>A function of two numbers.</summary>
public interface IBinaryOperator
{
    /// <summary>Computes it.</summary>
    static abstract float Apply(float a, float b);
}

/// <summary>What each <see cref="MapOpcode"/> computes.</summary>
internal static class MapOperators
{
    /// <summary>The type that computes an opcode of one or two operands.</summary>
    public static Type Of(MapOpcode opcode) => opcode switch
    {
        MapOpcode.Add => typeof(Add),
        MapOpcode.Subtract => typeof(Subtract),
        MapOpcode.Multiply => typeof(Multiply),
        MapOpcode.Divide => typeof(Divide),
        MapOpcode.Max => typeof(Max),
        MapOpcode.Min => typeof(Min),
        MapOpcode.Power => typeof(Power),
        MapOpcode.Negate => typeof(Negate),
        MapOpcode.Abs => typeof(Abs),
        MapOpcode.Sign => typeof(Sign),
        MapOpcode.Sqrt => typeof(Sqrt),
        MapOpcode.Exp => typeof(Exp),
        MapOpcode.Log => typeof(Log),
        MapOpcode.Tanh => typeof(Tanh),
        MapOpcode.Sigmoid => typeof(Sigmoid),
        _ => throw new NotSupportedException($"No kernel computes {opcode}."),
    };

    internal readonly struct Add : IBinaryOperator
    {
        public static float Apply(float a, float b) => a + b;
    }

    internal readonly struct Subtract : IBinaryOperator
    {
        public static float Apply(float a, float b) => a - b;
    }

    internal readonly struct Multiply : IBinaryOperator
    {
        public static float Apply(float a, float b) => a * b;
    }

    internal readonly struct Divide : IBinaryOperator
    {
        public static float Apply(float a, float b) => a / b;
    }

    internal readonly struct Max : IBinaryOperator
    {
        public static float Apply(float a, float b) => MathF.Max(a, b);
    }

    internal readonly struct Min : IBinaryOperator
    {
        public static float Apply(float a, float b) => MathF.Min(a, b);
    }

    internal readonly struct Power : IBinaryOperator
    {
        public static float Apply(float a, float b) => XMath.Pow(a, b);
    }

    internal readonly struct Negate : IUnaryOperator
    {
        public static float Apply(float a) => -a;
    }

    internal readonly struct Abs : IUnaryOperator
    {
        public static float Apply(float a) => MathF.Abs(a);
    }

    internal readonly struct Sign : IUnaryOperator
    {
        public static float Apply(float a) => a > 0 ? 1 : a < 0 ? -1 : a;
    }

    internal readonly struct Sqrt : IUnaryOperator
    {
        public static float Apply(float a) => XMath.Sqrt(a);
    }

    internal readonly struct Exp : IUnaryOperator
    {
        public static float Apply(float a) => XMath.Exp(a);
    }

    internal readonly struct Log : IUnaryOperator
    {
        public static float Apply(float a) => XMath.Log(a);
    }

    internal readonly struct Tanh : IUnaryOperator
    {
        public static float Apply(float a) => XMath.Tanh(a);
    }

    internal readonly struct Sigmoid : IUnaryOperator
    {
        public static float Apply(float a) => XMath.Sigmoid(a);
    }
}
