using System.Numerics;

namespace Fovea.Ptx;

internal static partial class PureOps
{
    private static void AddConversions(Dictionary<string, PureOp> table)
    {
        FromInteger<sbyte>(table, "s8");
        FromInteger<byte>(table, "u8");
        FromInteger<short>(table, "s16");
        FromInteger<ushort>(table, "u16");
        FromInteger<int>(table, "s32");
        FromInteger<uint>(table, "u32");
        FromInteger<long>(table, "s64");
        FromInteger<ulong>(table, "u64");
        FromFloat<Half>(table, "f16");
        FromFloat<float>(table, "f32");
        FromFloat<double>(table, "f64");
        Convert(table, "f32.f32", (a, _, _) => a);
        Convert(table, "f64.f64", (a, _, _) => a);
        Convert(table, "f32.f16", (a, _, _) => Bits(Canonical((float)As<Half>(a))));
        Convert(table, "f64.f16", (a, _, _) => Bits((double)As<Half>(a)));
        Convert(table, "f64.f32", (a, _, _) => Bits((double)As<float>(a)));
        Convert(table, "sat.f32.f32", (a, _, _) => Bits(float.IsNaN(As<float>(a)) ? 0 : Math.Clamp(As<float>(a), 0f, 1f) + 0f));
        Convert(table, "ftz.f32.f32", (a, _, _) => Flush(a));
        foreach (string mode in new[] { "rn", "rz", "rm", "rp" })
        {
            Convert(table, $"{mode}.f32.f64", (a, _, _) => Bits(Canonical(Narrow<float>(As<double>(a), mode))));
            Convert(table, $"{mode}.f16.f64", (a, _, _) => Bits(Narrow<Half>(As<double>(a), mode)));
            Convert(table, $"{mode}.f16.f32", (a, _, _) => Bits(Narrow<Half>(As<float>(a), mode)));
        }
        Add(table, "cvt.rna.tf32.f32", "b32 f32", (a, _, _) => ToTf32(a));
    }

    private static void Convert(Dictionary<string, PureOp> table, string name, Pure compute)
    {
        string[] parts = name.Split('.');
        table[$"cvt.{name}"] = new PureOp(PtxType.Parse(parts[^2]), [PtxType.Parse(parts[^1])], compute) { Converts = true };
    }

    private static void FromInteger<T>(Dictionary<string, PureOp> table, string t) where T : unmanaged, IBinaryInteger<T>
    {
        To<sbyte>("s8");
        To<byte>("u8");
        To<short>("s16");
        To<ushort>("u16");
        To<int>("s32");
        To<uint>("u32");
        To<long>("s64");
        To<ulong>("u64");
        foreach (string mode in new[] { "rn", "rz", "rm", "rp" })
        {
            Convert(table, $"{mode}.f16.{t}", (a, _, _) => Bits(RoundTo<Half>(Int128.CreateTruncating(As<T>(a)), mode)));
            Convert(table, $"{mode}.f32.{t}", (a, _, _) => Bits(RoundTo<float>(Int128.CreateTruncating(As<T>(a)), mode)));
            Convert(table, $"{mode}.f64.{t}", (a, _, _) => Bits(RoundTo<double>(Int128.CreateTruncating(As<T>(a)), mode)));
        }

        void To<TTo>(string to) where TTo : unmanaged, IBinaryInteger<TTo>
        {
            Convert(table, $"{to}.{t}", (a, _, _) => Bits(TTo.CreateTruncating(As<T>(a))));
            Convert(table, $"sat.{to}.{t}", (a, _, _) => Bits(TTo.CreateSaturating(As<T>(a))));
        }
    }

    private static void FromFloat<T>(Dictionary<string, PureOp> table, string t) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach ((string mode, MidpointRounding rounding) in new[]
                 {
                     ("rni", MidpointRounding.ToEven), ("rzi", MidpointRounding.ToZero),
                     ("rmi", MidpointRounding.ToNegativeInfinity), ("rpi", MidpointRounding.ToPositiveInfinity),
                 })
        {
            To<sbyte>("s8");
            To<byte>("u8");
            To<short>("s16");
            To<ushort>("u16");
            To<int>("s32");
            To<uint>("u32");
            To<long>("s64");
            To<ulong>("u64");
            Convert(table, $"{mode}.{t}.{t}", (a, _, _) => Bits(T.Round(As<T>(a), rounding)));

            // Beyond the range the nearest end is the result, and zero for NaN, with .sat or without.
            void To<TTo>(string to) where TTo : unmanaged, IBinaryInteger<TTo>
            {
                Pure compute = (a, _, _) => Bits(TTo.CreateSaturating(T.Round(As<T>(a), rounding)));
                Convert(table, $"{mode}.{to}.{t}", compute);
                Convert(table, $"{mode}.sat.{to}.{t}", compute);
                if (t == "f32")
                    Convert(table, $"{mode}.ftz.{to}.{t}", (a, _, _) => compute(Flush(a), 0, 0));
            }
        }
    }

    private static T RoundTo<T>(Int128 exact, string mode) where T : IBinaryFloatingPointIeee754<T>
    {
        // A float made by way of a double is rounded twice, unless what the double cannot hold is kept as one bit that sticks.
        var size = (ulong)(exact < 0 ? -exact : exact);
        ulong odd = size >> 53 == 0 ? size : size & ~0x7FFUL | ((size & 0x7FF) != 0 ? 0x800u : 0u);
        T nearest = typeof(T) == typeof(double) ? T.CreateChecked((double)size) : T.CreateChecked((double)odd);
        nearest = exact < 0 ? -nearest : nearest;
        int above = T.IsFinite(nearest) ? Int128.CreateChecked(nearest).CompareTo(exact) : Int128.Sign(exact);
        return Direct(nearest, above, exact > 0, mode);
    }

    private static T Narrow<T>(double exact, string mode) where T : IBinaryFloatingPointIeee754<T>
    {
        if (double.IsNaN(exact))
            return typeof(T) == typeof(Half) ? T.CreateChecked(CanonicalHalf) : T.NaN;
        T nearest = T.CreateChecked(exact);
        return double.IsFinite(exact) ? Direct(nearest, double.CreateChecked(nearest).CompareTo(exact), exact > 0, mode) : nearest;
    }

    /// <summary>Keeps 10 bits of the mantissa; the nearest value, and of two the greater in size.</summary>
    private static ulong ToTf32(ulong bits) => (bits & 0x7F800000) != 0x7F800000 ? bits + 0x1000 & 0xFFFFE000
        : float.IsNaN(As<float>(bits)) ? 0x7FFFFFFFu : bits;

    /// <summary>
    /// From the nearest value, and whether it lies above (1) or below (-1) the exact one, to the one that the mode asks for.
    /// </summary>
    private static T Direct<T>(T nearest, int above, bool positive, string mode) where T : IBinaryFloatingPointIeee754<T> =>
        above > 0 && (mode == "rm" || mode == "rz" && positive) ? T.BitDecrement(nearest)
        : above < 0 && (mode == "rp" || mode == "rz" && !positive) ? T.BitIncrement(nearest)
        : nearest;
}
