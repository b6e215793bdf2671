using ILGPU;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>
/// Expressions by number, which kernels and tests both evaluate. What ILGPU is known to translate otherwise than .NET is left out:
/// quotients of negative numbers by powers of two, narrow casts of signed values, maxima of NaN.
/// </summary>
internal static class IlgpuTables
{
    public const int IntCount = 20, UIntCount = 14, LongCount = 16, FloatCount = 18, DoubleCount = 10, CastCount = 16;

    public static int Int(int which, int a, int b)
    {
        switch (which)
        {
            case 0: return a + b;
            case 1: return a - b;
            case 2: return a * b;
            case 3: return a / (b | 1);
            case 4: return a % (b | 1);
            case 5: return a & b;
            case 6: return a | b;
            case 7: return a ^ b;
            case 8: return ~a;
            case 9: return -a;
            case 10: return a << (b & 31);
            case 11: return a >> (b & 31);
            case 12: return (int)((uint)a >> (b & 31));
            case 13: return a < b ? a : b;
            case 14: return Math.Max(a, b);
            case 15: return Math.Min(a, b);
            case 16: return a == b || a > 100 && b < 0 ? 1 : 0;
            case 17: return IntrinsicMath.BitOperations.PopCount(a);
            case 18: return IntrinsicMath.BitOperations.LeadingZeroCount(a);
            default: return a * b + 7 * (a - b) / 3;
        }
    }

    public static uint UInt(int which, uint a, uint b)
    {
        switch (which)
        {
            case 0: return a + b;
            case 1: return a - b;
            case 2: return a * b;
            case 3: return a / (b | 1);
            case 4: return a % (b | 1);
            case 5: return a << (int)(b & 31);
            case 6: return a >> (int)(b & 31);
            case 7: return a < b ? 1u : 0u;
            case 8: return a >= b ? a : b;
            case 9: return Math.Max(a, b);
            case 10: return Math.Min(a, b);
            case 11: return (uint)((ulong)a * b >> 32);
            case 12: return a << 13 | a >> 19;
            default: return a / 10 + b % 10;
        }
    }

    public static long Long(int which, long a, long b)
    {
        switch (which)
        {
            case 0: return a + b;
            case 1: return a - b;
            case 2: return a * b;
            case 3: return a / (b | 1);
            case 4: return a % (b | 1);
            case 5: return a & ~b;
            case 6: return a << (int)(b & 63);
            case 7: return a >> (int)(b & 63);
            case 8: return (long)((ulong)a >> (int)(b & 63));
            case 9: return a < b ? a : b;
            case 10: return (ulong)a < (ulong)b ? 5 : -5;
            case 11: return Math.Max(a, b);
            case 12: return (long)((ulong)a / ((ulong)b | 1));
            case 13: return (long)((ulong)a % ((ulong)b | 1));
            case 14: return IntrinsicMath.BitOperations.PopCount((ulong)a);
            default: return Math.Abs(a / 3) - b;
        }
    }

    public static float Float(int which, float a, float b)
    {
        switch (which)
        {
            case 0: return a + b;
            case 1: return a - b;
            case 2: return a * b;
            case 3: return a / b;
            case 4: return -a;
            case 5: return MathF.Abs(a);
            case 6: return MathF.Sqrt(MathF.Abs(a));
            case 7: return a < b ? 1f : 2f;
            case 8: return a <= b || float.IsNaN(a) ? 1f : 2f;
            case 9: return a == b ? 1f : 2f;
            case 10: return a != b ? 1f : 2f;
            case 11: return !(a > b) ? 1f : 2f;
            case 12: return IlgpuOperations.Fma(a, b, 0.5f);
            case 13: return Interop.IntAsFloat(Interop.FloatAsInt(a) ^ 0x80000000u);
            case 14: return float.IsNaN(a) ? 3f : Math.Min(MathF.Abs(a), 100f);
            case 15: return float.IsNaN(a) ? 1f : 0f;
            case 16: return 1f / b;
            default: return a > 0f ? a : 0.1f * a;
        }
    }

    public static double Double(int which, double a, double b)
    {
        switch (which)
        {
            case 0: return a + b;
            case 1: return a - b;
            case 2: return a * b;
            case 3: return a / b;
            case 4: return Math.Sqrt(Math.Abs(a));
            case 5: return a < b ? a : b;
            case 6: return -a;
            case 7: return (float)a;
            case 8: return (int)a;
            default: return a >= b ? 1.0 : 2.0;
        }
    }

    /// <summary>Conversions, there and back, of a float and of an int.</summary>
    public static double Cast(int which, float a, int b)
    {
        switch (which)
        {
            case 0: return (int)a;
            case 1: return (uint)MathF.Abs(a);
            case 2: return (long)a;
            case 3: return (byte)(b & 255);
            case 4: return (sbyte)b;
            case 5: return (short)b;
            case 6: return (ushort)b;
            case 7: return (uint)b;
            case 8: return (float)b;
            case 9: return (double)b;
            case 10: return (float)(long)b;
            case 11: return (long)b * 3;
            case 12: return (ulong)(uint)b;
            case 13: return (float)(double)a;
            case 14: return (double)(uint)b * 0.5;
            default: return (int)a + b;
        }
    }
}
