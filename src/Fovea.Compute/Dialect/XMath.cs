namespace Fovea.Compute.Dialect;

/// <summary>Mathematical functions for kernels, in C#: the same bits on every device.</summary>
public static class XMath
{
    /// <summary>e to a power.</summary>
    public static float Exp(float x) => MathF.Exp(x);

    /// <summary>The natural logarithm.</summary>
    public static float Log(float x) => MathF.Log(x);

    /// <summary>The hyperbolic tangent.</summary>
    public static float Tanh(float x) => MathF.Tanh(x);

    /// <summary>A power.</summary>
    public static float Pow(float x, float y) => MathF.Pow(x, y);

    /// <summary>The square root, correctly rounded.</summary>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <summary>a · b + c, rounded once.</summary>
    public static float FusedMultiplyAdd(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);
}
