using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Vectors;

/// <summary>What functions such as the exponential need of vectors. Masks have all bits of a lane set or none.</summary>
internal interface IFunctionLanes<TSelf> : ILanes<TSelf>
    where TSelf : unmanaged, IFunctionLanes<TSelf>
{
    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a);

    static abstract TSelf operator &(TSelf a, TSelf b);

    static abstract TSelf operator |(TSelf a, TSelf b);

    /// <summary>The smaller one, or <paramref name="value"/> where it is no number.</summary>
    static abstract TSelf AtMost(TSelf most, TSelf value);

    static abstract TSelf Abs(TSelf a);

    /// <summary>The size of one number with the sign of another.</summary>
    static abstract TSelf CopySign(TSelf size, TSelf sign);

    /// <summary>The nearest integer, the even one of two.</summary>
    static abstract TSelf Round(TSelf a);

    static abstract TSelf LessThan(TSelf a, TSelf b);

    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>One value where a mask is set, another elsewhere.</summary>
    static abstract TSelf Select(TSelf mask, TSelf set, TSelf other);

    /// <summary>Whether all numbers are positive, normal and finite.</summary>
    static abstract bool ArePositiveNormal(TSelf a);

    /// <summary>Whether all numbers are finite.</summary>
    static abstract bool AreFinite(TSelf a);

    /// <summary>2ⁿ for an integer n with −127 &lt; n &lt; 128.</summary>
    static abstract TSelf PowerOf2(TSelf n);

    /// <summary>x · 2ⁿ for −252 ≤ n ≤ 254, in two steps, so that results may be subnormal or infinite.</summary>
    static abstract TSelf Scale(TSelf x, TSelf n);

    /// <summary>x = 2ⁿ m with √½ ≤ m &lt; √2, for positive normal x.</summary>
    /// <returns>m.</returns>
    static abstract TSelf Split(TSelf x, out TSelf n);
}

/// <content>For functions.</content>
internal readonly partial struct Lanes512 : IFunctionLanes<Lanes512>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a) => new(-a.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator &(Lanes512 a, Lanes512 b) => new(a.value & b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator |(Lanes512 a, Lanes512 b) => new(a.value | b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AtMost(Lanes512 most, Lanes512 value) => new(Vector512.MinNative(most.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Abs(Lanes512 a) => new(Vector512.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 CopySign(Lanes512 size, Lanes512 sign) =>
        new(Vector512.ConditionalSelect(Vector512.Create(-0f), sign.value, size.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Round(Lanes512 a) => new(Vector512.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LessThan(Lanes512 a, Lanes512 b) => new(Vector512.LessThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Equal(Lanes512 a, Lanes512 b) => new(Vector512.Equals(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 set, Lanes512 other) =>
        new(Vector512.ConditionalSelect(mask.value, set.value, other.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ArePositiveNormal(Lanes512 a) => Vector512.LessThanAll(
        a.value.AsUInt32() - Vector512.Create(FloatBits.LeastNormal), Vector512.Create(FloatBits.Infinity - FloatBits.LeastNormal));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(Lanes512 a) => Vector512.LessThanAll(Vector512.Abs(a.value), Vector512.Create(float.PositiveInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 PowerOf2(Lanes512 n) => new(Power(Vector512.ConvertToInt32Native(n.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Scale(Lanes512 x, Lanes512 n)
    {
        Vector512<int> whole = Vector512.ConvertToInt32Native(n.value), half = whole >> 1;
        return new(x.value * Power(half) * Power(whole - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Split(Lanes512 x, out Lanes512 n)
    {
        Vector512<int> bits = x.value.AsInt32(), exponent = (bits - Vector512.Create(FloatBits.SqrtHalf)) >> FloatBits.Mantissa;
        n = new(Vector512.ConvertToSingle(exponent));
        return new((bits - (exponent << FloatBits.Mantissa)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Power(Vector512<int> n) =>
        ((n + Vector512.Create(FloatBits.Bias)) << FloatBits.Mantissa).AsSingle();
}

/// <content>For functions.</content>
internal readonly partial struct Lanes256 : IFunctionLanes<Lanes256>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a) => new(-a.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator &(Lanes256 a, Lanes256 b) => new(a.value & b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator |(Lanes256 a, Lanes256 b) => new(a.value | b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AtMost(Lanes256 most, Lanes256 value) => new(Vector256.MinNative(most.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Abs(Lanes256 a) => new(Vector256.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 CopySign(Lanes256 size, Lanes256 sign) =>
        new(Vector256.ConditionalSelect(Vector256.Create(-0f), sign.value, size.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Round(Lanes256 a) => new(Vector256.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LessThan(Lanes256 a, Lanes256 b) => new(Vector256.LessThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Equal(Lanes256 a, Lanes256 b) => new(Vector256.Equals(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 set, Lanes256 other) =>
        new(Vector256.ConditionalSelect(mask.value, set.value, other.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ArePositiveNormal(Lanes256 a) => Vector256.LessThanAll(
        a.value.AsUInt32() - Vector256.Create(FloatBits.LeastNormal), Vector256.Create(FloatBits.Infinity - FloatBits.LeastNormal));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(Lanes256 a) => Vector256.LessThanAll(Vector256.Abs(a.value), Vector256.Create(float.PositiveInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 PowerOf2(Lanes256 n) => new(Power(Vector256.ConvertToInt32Native(n.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Scale(Lanes256 x, Lanes256 n)
    {
        Vector256<int> whole = Vector256.ConvertToInt32Native(n.value), half = whole >> 1;
        return new(x.value * Power(half) * Power(whole - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Split(Lanes256 x, out Lanes256 n)
    {
        Vector256<int> bits = x.value.AsInt32(), exponent = (bits - Vector256.Create(FloatBits.SqrtHalf)) >> FloatBits.Mantissa;
        n = new(Vector256.ConvertToSingle(exponent));
        return new((bits - (exponent << FloatBits.Mantissa)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Power(Vector256<int> n) =>
        ((n + Vector256.Create(FloatBits.Bias)) << FloatBits.Mantissa).AsSingle();
}

/// <content>For functions.</content>
internal readonly partial struct Lanes128 : IFunctionLanes<Lanes128>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a.value / b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a) => new(-a.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 a, Lanes128 b) => new(a.value & b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator |(Lanes128 a, Lanes128 b) => new(a.value | b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AtMost(Lanes128 most, Lanes128 value) => new(Vector128.MinNative(most.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Abs(Lanes128 a) => new(Vector128.Abs(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CopySign(Lanes128 size, Lanes128 sign) =>
        new(Vector128.ConditionalSelect(Vector128.Create(-0f), sign.value, size.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Round(Lanes128 a) => new(Vector128.Round(a.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LessThan(Lanes128 a, Lanes128 b) => new(Vector128.LessThan(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Equal(Lanes128 a, Lanes128 b) => new(Vector128.Equals(a.value, b.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 set, Lanes128 other) =>
        new(Vector128.ConditionalSelect(mask.value, set.value, other.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ArePositiveNormal(Lanes128 a) => Vector128.LessThanAll(
        a.value.AsUInt32() - Vector128.Create(FloatBits.LeastNormal), Vector128.Create(FloatBits.Infinity - FloatBits.LeastNormal));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(Lanes128 a) => Vector128.LessThanAll(Vector128.Abs(a.value), Vector128.Create(float.PositiveInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PowerOf2(Lanes128 n) => new(Power(Vector128.ConvertToInt32Native(n.value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Scale(Lanes128 x, Lanes128 n)
    {
        Vector128<int> whole = Vector128.ConvertToInt32Native(n.value), half = whole >> 1;
        return new(x.value * Power(half) * Power(whole - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Split(Lanes128 x, out Lanes128 n)
    {
        Vector128<int> bits = x.value.AsInt32(), exponent = (bits - Vector128.Create(FloatBits.SqrtHalf)) >> FloatBits.Mantissa;
        n = new(Vector128.ConvertToSingle(exponent));
        return new((bits - (exponent << FloatBits.Mantissa)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Power(Vector128<int> n) =>
        ((n + Vector128.Create(FloatBits.Bias)) << FloatBits.Mantissa).AsSingle();
}

/// <summary>How a float is laid out.</summary>
internal static class FloatBits
{
    /// <summary>Bits of a mantissa that are stored.</summary>
    public const int Mantissa = 23;

    /// <summary>What is added to exponents.</summary>
    public const int Bias = 127;

    /// <summary>The bits of the least normal number.</summary>
    public const uint LeastNormal = 0x00800000;

    /// <summary>The bits of infinity.</summary>
    public const uint Infinity = 0x7f800000;

    /// <summary>The bits of √½.</summary>
    public const int SqrtHalf = 0x3f3504f3;
}
