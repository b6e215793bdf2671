namespace Fovea.Ptx;

internal static partial class PureOps
{
    private static readonly Half CanonicalHalf = BitConverter.UInt16BitsToHalf(0x7FFF);

    /// <summary>Half precision: each operation is exact in double precision, or made odd there, and rounded once.</summary>
    private static void AddHalves(Dictionary<string, PureOp> table)
    {
        const string One = "b16 b16", Two = "b16 b16 b16", Three = "b16 b16 b16 b16";
        foreach (string rounding in new[] { "", ".rn" })
        {
            Add(table, $"add{rounding}.f16", Two, (a, b, _) => HalfBits(Wide(a) + Wide(b)));
            Add(table, $"sub{rounding}.f16", Two, (a, b, _) => HalfBits(Wide(a) - Wide(b)));
            Add(table, $"mul{rounding}.f16", Two, (a, b, _) => HalfBits(Wide(a) * Wide(b)));
        }
        Add(table, "fma.rn.f16", Three, (a, b, c) => HalfBits(OddSum(Wide(a) * Wide(b), Wide(c))));
        Add(table, "neg.f16", One, (a, _, _) => a ^ 0x8000);
        Add(table, "abs.f16", One, (a, _, _) => a & 0x7FFF);
        Add(table, "min.f16", Two, (a, b, _) => HalfBits(double.MinNumber(Wide(a), Wide(b))));
        Add(table, "max.f16", Two, (a, b, _) => HalfBits(double.MaxNumber(Wide(a), Wide(b))));
        Add(table, "min.NaN.f16", Two, (a, b, _) => HalfBits(Math.Min(Wide(a), Wide(b))));
        Add(table, "max.NaN.f16", Two, (a, b, _) => HalfBits(Math.Max(Wide(a), Wide(b))));
        Add(table, "ex2.approx.f16", One, (a, _, _) => HalfBits(double.Exp2(Wide(a))));
        Add(table, "tanh.approx.f16", One, (a, _, _) => HalfBits(Math.Tanh(Wide(a))));
        foreach (string name in new[] { "add", "sub", "mul", "add.rn", "sub.rn", "mul.rn", "fma.rn", "neg", "abs", "min", "max",
            "ex2.approx" })
        {
            PureOp exact = table[$"{name}.f16"];
            table[$"{name}.ftz.f16"] =
                exact with { Compute = (a, b, c) => FlushHalf(exact.Compute(FlushHalf(a), FlushHalf(b), FlushHalf(c))) };
        }
        AddFloatComparisons<Half>(table, "f16", "b16");
    }

    private static double Wide(ulong half) => (double)As<Half>(half);

    private static ulong HalfBits(double value) => Bits(double.IsNaN(value) ? CanonicalHalf : (Half)value);

    private static ulong FlushHalf(ulong bits) => (bits & 0x7C00) == 0 ? bits & 0x8000 : bits;

    /// <summary>A sum whose last bit says whether anything was lost, so that rounding it again is as good as rounding once.</summary>
    private static double OddSum(double a, double b)
    {
        double sum = a + b;
        if (!double.IsFinite(sum))
            return sum;
        double part = sum - a, lost = a - (sum - part) + (b - part);
        if (lost == 0 || (BitConverter.DoubleToUInt64Bits(sum) & 1) != 0)
            return sum;
        return lost > 0 ? double.BitIncrement(sum) : double.BitDecrement(sum);
    }
}
