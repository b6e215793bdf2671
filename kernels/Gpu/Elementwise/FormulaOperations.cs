using System.Reflection;
using Fovea.Gpu.Mathematics;
using Fovea.Ops;

namespace Fovea.Gpu.Elementwise;

/// <summary>The functions of formulas that are more than an instruction of IL.</summary>
public static class FormulaOperations
{
    /// <summary>The method that computes an opcode.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    internal static MethodInfo Of(MapOpcode opcode) => opcode switch
    {
        MapOpcode.Max => Method(KernelMath.Max),
        MapOpcode.Min => Method(KernelMath.Min),
        MapOpcode.Power => Method(KernelMath.Pow),
        MapOpcode.Abs => Method(MathF.Abs),
        MapOpcode.Sign => Method(Sign),
        MapOpcode.Sqrt => Method(MathF.Sqrt),
        MapOpcode.Exp => Method(KernelMath.Exp),
        MapOpcode.Expm1 => Method(KernelMath.Expm1),
        MapOpcode.Log1p => Method(KernelMath.Log1p),
        MapOpcode.Erf => Method(KernelMath.Erf),
        MapOpcode.Log => Method(KernelMath.Log),
        MapOpcode.Tanh => Method(KernelMath.Tanh),
        MapOpcode.Sigmoid => Method(KernelMath.Sigmoid),
        MapOpcode.SelectPositive => ((Func<float, float, float, float>)SelectPositive).Method,
        _ => throw new NotSupportedException($"No kernel computes {opcode}."),
    };

    /// <summary>−1, 0 or 1; a zero keeps its sign, and NaN is NaN.</summary>
    public static float Sign(float x) => x > 0f ? 1f : x < 0f ? -1f : x;

    /// <summary>b where a is greater than 0, else c, also where a is NaN.</summary>
    public static float SelectPositive(float a, float b, float c) => a > 0f ? b : c;

    private static MethodInfo Method(Func<float, float> function) => function.Method;

    private static MethodInfo Method(Func<float, float, float> function) => function.Method;
}
