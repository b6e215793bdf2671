using System.Numerics;

namespace Fovea.Ptx;

internal static partial class PureOps
{
    private static readonly float CanonicalNaN = BitConverter.UInt32BitsToSingle(0x7FFFFFFF);

    private static void AddFloats(Dictionary<string, PureOp> table)
    {
        Float<float>(table, "f32", Canonical);
        Float<double>(table, "f64", v => v);
        foreach (string ftz in new[] { "", ".ftz" })
        {
            Approximate(table, "ex2", ftz, double.Exp2);
            Approximate(table, "lg2", ftz, Math.Log2);
            Approximate(table, "rcp", ftz, v => 1 / v);
            Approximate(table, "sqrt", ftz, Math.Sqrt);
            Approximate(table, "rsqrt", ftz, v => 1 / Math.Sqrt(v));
            Approximate(table, "sin", ftz, Math.Sin);
            Approximate(table, "cos", ftz, Math.Cos);
        }
        Approximate(table, "tanh", "", Math.Tanh);
        Add(table, "rcp.approx.ftz.f64", "f64 f64", (a, _, _) => Bits(1 / As<double>(a)));
        Add(table, "rsqrt.approx.f64", "f64 f64", (a, _, _) => Bits(1 / Math.Sqrt(As<double>(a))));
        table["rsqrt.approx.ftz.f64"] = table["rsqrt.approx.f64"];
        Add(table, "div.approx.f32", "f32 f32 f32", (a, b, _) => Bits(Canonical(As<float>(a) / As<float>(b))));
        Add(table, "div.full.f32", "f32 f32 f32", (a, b, _) => Bits(Canonical(As<float>(a) / As<float>(b))));
        foreach (string name in new[] { "add", "sub", "mul", "fma.rn", "add.rn", "sub.rn", "mul.rn", "div.rn", "div.approx", "div.full",
                                        "sqrt.rn", "rcp.rn", "min", "max", "neg", "abs" })
        {
            PureOp exact = table[$"{name}.f32"];
            table[$"{name}.ftz.f32"] = exact with { Compute = (a, b, c) => Flush(exact.Compute(Flush(a), Flush(b), Flush(c))) };
        }
    }

    private static void Float<T>(Dictionary<string, PureOp> table, string t, Func<T, T> clean)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        string one = $"{t} {t}", two = $"{one} {t}", three = $"{two} {t}";
        foreach (string rounding in new[] { "", ".rn" })
        {
            Add(table, $"add{rounding}.{t}", two, (a, b, _) => Bits(clean(As<T>(a) + As<T>(b))));
            Add(table, $"sub{rounding}.{t}", two, (a, b, _) => Bits(clean(As<T>(a) - As<T>(b))));
            Add(table, $"mul{rounding}.{t}", two, (a, b, _) => Bits(clean(As<T>(a) * As<T>(b))));
        }
        Add(table, $"fma.rn.{t}", three, (a, b, c) => Bits(clean(T.FusedMultiplyAdd(As<T>(a), As<T>(b), As<T>(c)))));
        Add(table, $"mad.rn.{t}", three, table[$"fma.rn.{t}"].Compute);
        Add(table, $"div.rn.{t}", two, (a, b, _) => Bits(clean(As<T>(a) / As<T>(b))));
        Add(table, $"sqrt.rn.{t}", one, (a, _, _) => Bits(clean(T.Sqrt(As<T>(a)))));
        Add(table, $"rcp.rn.{t}", one, (a, _, _) => Bits(clean(T.One / As<T>(a))));
        // These two ignore a NaN beside a number, and order the zeros.
        Add(table, $"min.{t}", two, (a, b, _) => Bits(clean(T.MinNumber(As<T>(a), As<T>(b)))));
        Add(table, $"max.{t}", two, (a, b, _) => Bits(clean(T.MaxNumber(As<T>(a), As<T>(b)))));
        // These do not, and exist for single precision alone.
        if (t == "f32")
        {
            Add(table, "min.NaN.f32", two, (a, b, _) => Bits(clean(T.Min(As<T>(a), As<T>(b)))));
            Add(table, "max.NaN.f32", two, (a, b, _) => Bits(clean(T.Max(As<T>(a), As<T>(b)))));
        }
        Add(table, $"neg.{t}", one, (a, _, _) => Bits(-As<T>(a)));
        Add(table, $"abs.{t}", one, (a, _, _) => Bits(T.Abs(As<T>(a))));
        Add(table, $"copysign.{t}", two, (a, b, _) => Bits(T.CopySign(As<T>(b), As<T>(a))));
        Test<T>(table, t, "finite", T.IsFinite);
        Test<T>(table, t, "infinite", T.IsInfinity);
        Test<T>(table, t, "number", v => !T.IsNaN(v));
        Test<T>(table, t, "notanumber", T.IsNaN);
        Test<T>(table, t, "normal", T.IsNormal);
        Test<T>(table, t, "subnormal", T.IsSubnormal);
        AddFloatComparisons<T>(table, t, t);
    }

    private static void AddFloatComparisons<T>(Dictionary<string, PureOp> table, string t, string register)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        AddComparisons<T>(table, t, register,
            ("eq", (a, b, _) => Bit(As<T>(a) == As<T>(b))), ("ne", (a, b, _) => Bit(As<T>(a) < As<T>(b) || As<T>(a) > As<T>(b))),
            ("lt", (a, b, _) => Bit(As<T>(a) < As<T>(b))), ("le", (a, b, _) => Bit(As<T>(a) <= As<T>(b))),
            ("gt", (a, b, _) => Bit(As<T>(a) > As<T>(b))), ("ge", (a, b, _) => Bit(As<T>(a) >= As<T>(b))),
            ("equ", (a, b, _) => Bit(!(As<T>(a) < As<T>(b) || As<T>(a) > As<T>(b)))), ("neu", (a, b, _) => Bit(As<T>(a) != As<T>(b))),
            ("ltu", (a, b, _) => Bit(!(As<T>(a) >= As<T>(b)))), ("leu", (a, b, _) => Bit(!(As<T>(a) > As<T>(b)))),
            ("gtu", (a, b, _) => Bit(!(As<T>(a) <= As<T>(b)))), ("geu", (a, b, _) => Bit(!(As<T>(a) < As<T>(b)))),
            ("num", (a, b, _) => Bit(!T.IsNaN(As<T>(a)) && !T.IsNaN(As<T>(b)))),
            ("nan", (a, b, _) => Bit(T.IsNaN(As<T>(a)) || T.IsNaN(As<T>(b)))));

    private static void Test<T>(Dictionary<string, PureOp> table, string t, string name, Func<T, bool> test) where T : unmanaged =>
        Add(table, $"testp.{name}.{t}", $"pred {t}", (a, _, _) => Bit(test(As<T>(a))));

    /// <summary>Hardware approximates these; here they are computed in double precision and rounded once.</summary>
    private static void Approximate(Dictionary<string, PureOp> table, string name, string ftz, Func<double, double> function)
    {
        Pure exact = (a, _, _) => Bits(Canonical((float)function(As<float>(a))));
        Add(table, $"{name}.approx{ftz}.f32", "f32 f32", ftz.Length == 0 ? exact : (a, _, _) => Flush(exact(Flush(a), 0, 0)));
    }

    /// <summary>Arithmetic in single precision gives one NaN, whatever went in.</summary>
    private static float Canonical(float value) => float.IsNaN(value) ? CanonicalNaN : value;

    private static ulong Flush(ulong bits) => (bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits;
}
