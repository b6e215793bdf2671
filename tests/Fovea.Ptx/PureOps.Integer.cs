using System.Globalization;
using System.Numerics;

namespace Fovea.Ptx;

internal static partial class PureOps
{
    private static void AddIntegers(Dictionary<string, PureOp> table)
    {
        Integer<short>(table, "s16");
        Integer<ushort>(table, "u16");
        Integer<int>(table, "s32");
        Integer<uint>(table, "u32");
        Integer<long>(table, "s64");
        Integer<ulong>(table, "u64");
        Wide<short, int>(table, "s16", "s32");
        Wide<ushort, uint>(table, "u16", "u32");
        Wide<int, long>(table, "s32", "s64");
        Wide<uint, ulong>(table, "u32", "u64");
        foreach (string t in new[] { "b16", "b32", "b64" })
            AddComparisons<ulong>(table, t, t, ("eq", (a, b, _) => Bit(a == b)), ("ne", (a, b, _) => Bit(a != b)));
    }

    private static void Integer<T>(Dictionary<string, PureOp> table, string t) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        bool signed = t[0] == 's';
        int width = int.Parse(t[1..], CultureInfo.InvariantCulture);
        string two = $"{t} {t} {t}", three = $"{two} {t}";
        Add(table, $"add.{t}", two, (a, b, _) => Bits(As<T>(a) + As<T>(b)));
        Add(table, $"sub.{t}", two, (a, b, _) => Bits(As<T>(a) - As<T>(b)));
        Add(table, $"min.{t}", two, (a, b, _) => Bits(T.Min(As<T>(a), As<T>(b))));
        Add(table, $"max.{t}", two, (a, b, _) => Bits(T.Max(As<T>(a), As<T>(b))));
        Add(table, $"mul.lo.{t}", two, (a, b, _) => Bits(As<T>(a) * As<T>(b)));
        Add(table, $"mul.hi.{t}", two, (a, b, _) => Bits(High(As<T>(a), As<T>(b), width)));
        Add(table, $"mad.lo.{t}", three, (a, b, c) => Bits(As<T>(a) * As<T>(b) + As<T>(c)));
        Add(table, $"mad.hi.{t}", three, (a, b, c) => Bits(High(As<T>(a), As<T>(b), width) + As<T>(c)));
        table[$"div.{t}"] = Add(table, $"div.{t}", two, (a, b, _) => Bits(Divide(As<T>(a), As<T>(b)))) with { Divides = true };
        table[$"rem.{t}"] = Add(table, $"rem.{t}", two, (a, b, _) => Bits(Remainder(As<T>(a), As<T>(b)))) with { Divides = true };
        Add(table, $"shr.{t}", $"{t} {t} u32", (a, b, _) =>
            b < (ulong)width ? Bits(As<T>(a) >> (int)b) : Bits(T.IsNegative(As<T>(a)) ? T.Zero - T.One : T.Zero));
        if (signed)
        {
            Add(table, $"neg.{t}", $"{t} {t}", (a, _, _) => Bits(T.Zero - As<T>(a)));
            Add(table, $"abs.{t}", $"{t} {t}", (a, _, _) => Bits(T.IsNegative(As<T>(a)) ? T.Zero - As<T>(a) : As<T>(a)));
        }
        if (width > 16)
            Add(table, $"bfe.{t}", $"{t} {t} u32 u32", (a, b, c) => Bits(Extract(As<T>(a), (int)(b & 255), (int)(c & 255), width)));

        AddComparisons<T>(table, t, t,
            ("eq", (a, b, _) => Bit(As<T>(a) == As<T>(b))), ("ne", (a, b, _) => Bit(As<T>(a) != As<T>(b))),
            ("lt", (a, b, _) => Bit(As<T>(a) < As<T>(b))), ("le", (a, b, _) => Bit(As<T>(a) <= As<T>(b))),
            ("gt", (a, b, _) => Bit(As<T>(a) > As<T>(b))), ("ge", (a, b, _) => Bit(As<T>(a) >= As<T>(b))));
        if (!signed)
            AddComparisons<T>(table, t, t,
                ("lo", (a, b, _) => Bit(As<T>(a) < As<T>(b))), ("ls", (a, b, _) => Bit(As<T>(a) <= As<T>(b))),
                ("hi", (a, b, _) => Bit(As<T>(a) > As<T>(b))), ("hs", (a, b, _) => Bit(As<T>(a) >= As<T>(b))));
    }

    private static void Wide<T, TWide>(Dictionary<string, PureOp> table, string t, string wide)
        where T : unmanaged, IBinaryInteger<T> where TWide : unmanaged, IBinaryInteger<TWide>
    {
        Add(table, $"mul.wide.{t}", $"{wide} {t} {t}", (a, b, _) =>
            Bits(TWide.CreateTruncating(As<T>(a)) * TWide.CreateTruncating(As<T>(b))));
        Add(table, $"mad.wide.{t}", $"{wide} {t} {t} {wide}", (a, b, c) =>
            Bits(TWide.CreateTruncating(As<T>(a)) * TWide.CreateTruncating(As<T>(b)) + As<TWide>(c)));
    }

    private static void AddBits(Dictionary<string, PureOp> table)
    {
        foreach (int width in new[] { 16, 32, 64 })
        {
            string t = $"b{width}";
            ulong mask = ulong.MaxValue >> (64 - width);
            Add(table, $"and.{t}", $"{t} {t} {t}", (a, b, _) => a & b);
            Add(table, $"or.{t}", $"{t} {t} {t}", (a, b, _) => a | b);
            Add(table, $"xor.{t}", $"{t} {t} {t}", (a, b, _) => a ^ b);
            Add(table, $"not.{t}", $"{t} {t}", (a, _, _) => ~a & mask);
            Add(table, $"cnot.{t}", $"{t} {t}", (a, _, _) => Bit(a == 0));
            Add(table, $"shl.{t}", $"{t} {t} u32", (a, b, _) => b < (ulong)width ? a << (int)b & mask : 0);
            Add(table, $"shr.{t}", $"{t} {t} u32", (a, b, _) => b < (ulong)width ? a >> (int)b : 0);
            if (width == 16)
                continue;
            Add(table, $"popc.{t}", $"u32 {t}", (a, _, _) => (ulong)BitOperations.PopCount(a));
            Add(table, $"clz.{t}", $"u32 {t}", (a, _, _) => (ulong)(BitOperations.LeadingZeroCount(a) - (64 - width)));
            Add(table, $"brev.{t}", $"{t} {t}", (a, _, _) => Reverse(a) >> (64 - width));
        }
        Add(table, "and.pred", "pred pred pred", (a, b, _) => a & b);
        Add(table, "or.pred", "pred pred pred", (a, b, _) => a | b);
        Add(table, "xor.pred", "pred pred pred", (a, b, _) => a ^ b);
        Add(table, "not.pred", "pred pred", (a, _, _) => a ^ 1);
        Add(table, "shf.l.wrap.b32", "b32 b32 b32 u32", (a, b, c) => ((b << 32 | a) << (int)(c & 31)) >> 32);
        Add(table, "shf.r.wrap.b32", "b32 b32 b32 u32", (a, b, c) => (uint)((b << 32 | a) >> (int)(c & 31)));
        Add(table, "shf.l.clamp.b32", "b32 b32 b32 u32", (a, b, c) => ((b << 32 | a) << (int)Math.Min(c, 32)) >> 32);
        Add(table, "shf.r.clamp.b32", "b32 b32 b32 u32", (a, b, c) => (uint)((b << 32 | a) >> (int)Math.Min(c, 32)));
        Add(table, "prmt.b32", "b32 b32 b32 b32", (a, b, c) => Permute(b << 32 | a, (uint)c));
    }

    /// <summary>The third source is left out: lop3's table is a number, for which a function is made.</summary>
    public static Pure Lop3(int table) => (a, b, c) =>
    {
        ulong result = 0;
        for (int i = 0; i < 8; i++)
            if ((table >> i & 1) != 0)
                result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
        return (uint)result;
    };

    /// <summary>bfi: the low bits of <paramref name="a"/> put into <paramref name="b"/>.</summary>
    public static ulong Insert(ulong a, ulong b, int position, int length, int width)
    {
        ulong mask = (length >= 64 ? ulong.MaxValue : (1UL << length) - 1) << Math.Min(position, 63);
        mask = position >= width ? 0 : mask & ulong.MaxValue >> (64 - width);
        return b & ~mask | a << Math.Min(position, 63) & mask;
    }

    private static T Extract<T>(T a, int position, int length, int width) where T : IBinaryInteger<T>
    {
        T sign = length > 0 && T.IsNegative(a << (width - 1 - Math.Min(position + length - 1, width - 1))) ? T.Zero - T.One : T.Zero;
        if (length == 0)
            return T.Zero;
        if (position >= width)
            return sign;
        // What lies above the field, or above the word, is the field's sign.
        T moved = a >> position;
        int kept = Math.Min(length, width - position);
        T mask = kept >= width ? T.Zero - T.One : (T.One << kept) - T.One;
        return moved & mask | sign & ~mask;
    }

    private static T High<T>(T a, T b, int width) where T : IBinaryInteger<T> =>
        T.CreateTruncating((Int128.CreateTruncating(a) * Int128.CreateTruncating(b)) >> width);

    private static T Divide<T>(T a, T b) where T : IBinaryInteger<T> =>
        b == T.Zero ? T.Zero - T.One : b == T.Zero - T.One && T.IsNegative(b) ? T.Zero - a : a / b;

    private static T Remainder<T>(T a, T b) where T : IBinaryInteger<T> =>
        b == T.Zero ? a : b == T.Zero - T.One && T.IsNegative(b) ? T.Zero : a % b;

    private static ulong Reverse(ulong value)
    {
        ulong result = 0;
        for (int i = 0; i < 64; i++, value >>= 1)
            result = result << 1 | value & 1;
        return result;
    }

    private static ulong Permute(ulong bytes, uint selector)
    {
        ulong result = 0;
        for (int i = 0; i < 4; i++)
        {
            uint pick = selector >> 4 * i;
            var value = (byte)(bytes >> (int)(8 * (pick & 7)));
            result |= (ulong)((pick & 8) == 0 ? value : (byte)((sbyte)value >> 7)) << 8 * i;
        }
        return result;
    }
}
