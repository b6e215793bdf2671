namespace Fovea.Gpu.Mathematics;

/// <content>The error function.</content>
public static partial class KernelMath
{
    /// <summary>The error function, 2/√π ∫ e^(−t²) dt from 0 to x.</summary>
    public static float Erf(float x)
    {
        float size = MathF.Abs(x), p;
        if (size < 0.9f)
        {
            // x + x P(x²).
            float u = x * x;
            p = FusedMultiplyAdd(8.40992929e-5f, u, -0.000815263026f);
            p = FusedMultiplyAdd(p, u, 0.00520196047f);
            p = FusedMultiplyAdd(p, u, -0.0268597987f);
            p = FusedMultiplyAdd(p, u, 0.112837033f);
            p = FusedMultiplyAdd(p, u, -0.376126343f);
            p = FusedMultiplyAdd(p, u, 0.128379167f);
            return FusedMultiplyAdd(x, p, x);
        }
        // 1 − exp Q(x); from 3.92 on the nearest float is 1.
        size = Min(size, 3.95f);
        p = FusedMultiplyAdd(-2.06840778e-5f, size, 0.000429737071f);
        p = FusedMultiplyAdd(p, size, -0.00414830843f);
        p = FusedMultiplyAdd(p, size, 0.0250599234f);
        p = FusedMultiplyAdd(p, size, -0.108188777f);
        p = FusedMultiplyAdd(p, size, -0.633429187f);
        p = FusedMultiplyAdd(p, size, -1.12947459f);
        p = FusedMultiplyAdd(p, size, 0.000166376881f);
        return CopySign(1 - Exp(p), x);
    }
}
