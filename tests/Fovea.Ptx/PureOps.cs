using System.Numerics;
using System.Runtime.CompilerServices;

namespace Fovea.Ptx;

/// <summary>The value of an instruction as a function of its sources; each value fills the low bits of its word, zeros above.</summary>
internal delegate ulong Pure(ulong a, ulong b, ulong c);

/// <summary>An instruction whose result depends on its sources alone.</summary>
internal sealed record PureOp(PtxType Result, PtxType[] Sources, Pure Compute)
{
    /// <summary>Conversions take wider registers.</summary>
    public bool Converts { get; init; }

    /// <summary>The second source must not be zero.</summary>
    public bool Divides { get; init; }

    /// <summary>Special registers may stand as sources.</summary>
    public bool Moves { get; init; }
}

/// <summary>Every pure instruction under its full name. What is not here is not an instruction.</summary>
internal static partial class PureOps
{
    private static readonly Dictionary<string, PureOp> Table = Build();

    public static PureOp? Find(string name) => Table.GetValueOrDefault(name);

    /// <summary>Whether some instruction begins so; then it is the modifiers that are wrong.</summary>
    public static bool IsMnemonic(string name) => Table.Keys.Any(k => k.StartsWith(name + '.', StringComparison.Ordinal));

    private static Dictionary<string, PureOp> Build()
    {
        var table = new Dictionary<string, PureOp>();
        AddIntegers(table);
        AddBits(table);
        AddFloats(table);
        AddHalves(table);
        AddConversions(table);
        AddAtomics(table);
        foreach (string t in "b16 b32 b64 u16 u32 u64 s16 s32 s64 f32 f64".Split(' '))
        {
            Add(table, $"selp.{t}", $"{t} {t} {t} pred", (a, b, c) => c != 0 ? a : b);
            table[$"mov.{t}"] = new PureOp(PtxType.Parse(t), [PtxType.Parse(t)], (a, _, _) => a) { Moves = true };
        }
        Add(table, "mov.pred", "pred pred", (a, _, _) => a);
        Add(table, "cvta.to.global.u64", "u64 u64", (a, _, _) => a);
        Add(table, "cvta.global.u64", "u64 u64", (a, _, _) => a);
        foreach ((string space, ulong mark) in new[] { ("shared", GenericAddress.Shared), ("local", GenericAddress.Local) })
        {
            Add(table, $"cvta.{space}.u64", "u64 u64", (a, _, _) => GenericAddress.From(a, mark));
            Add(table, $"cvta.to.{space}.u64", "u64 u64", (a, _, _) => GenericAddress.To(a, mark, space));
            Add(table, $"isspacep.{space}", "pred u64", (a, _, _) => Bit(GenericAddress.Is(a, mark)));
        }
        Add(table, "isspacep.global", "pred u64", (a, _, _) =>
            Bit(!GenericAddress.Is(a, GenericAddress.Shared) && !GenericAddress.Is(a, GenericAddress.Local)));
        return table;
    }

    /// <summary>Adds an instruction; the types are those of the result and of the sources.</summary>
    private static PureOp Add(Dictionary<string, PureOp> table, string name, string types, Pure compute)
    {
        PtxType[] all = [.. types.Split(' ').Select(t => PtxType.Parse(t))];
        return table[name] = new PureOp(all[0], all[1..], compute);
    }

    private static void AddComparisons<T>(Dictionary<string, PureOp> table, string type, string register,
        params ReadOnlySpan<(string Name, Pure Compare)> comparisons)
    {
        foreach ((string name, Pure compare) in comparisons)
        {
            Add(table, $"setp.{name}.{type}", $"pred {register} {register}", compare);
            Add(table, $"setp.{name}.and.{type}", $"pred {register} {register} pred", (a, b, c) => compare(a, b, 0) & c);
            Add(table, $"setp.{name}.or.{type}", $"pred {register} {register} pred", (a, b, c) => compare(a, b, 0) | c);
            Add(table, $"setp.{name}.xor.{type}", $"pred {register} {register} pred", (a, b, c) => compare(a, b, 0) ^ c);
            Add(table, $"set.{name}.u32.{type}", $"u32 {register} {register}", (a, b, _) => compare(a, b, 0) != 0 ? uint.MaxValue : 0);
        }
    }

    /// <summary>The read-modify-write functions: a is what memory held; the result is what it then holds.</summary>
    private static void AddAtomics(Dictionary<string, PureOp> table)
    {
        void Atomic<T>(string names, string type, Func<T, T, T> combine) where T : unmanaged
        {
            foreach (string name in names.Split(' '))
                Add(table, $"atom.{name}.{type}", $"{type} {type}", (a, b, _) => Bits(combine(As<T>(a), As<T>(b))));
        }
        void AtomicOf<T>(string type) where T : unmanaged, IBinaryInteger<T>
        {
            Atomic<T>("min", type, T.Min);
            Atomic<T>("max", type, T.Max);
        }
        AtomicOf<int>("s32");
        AtomicOf<uint>("u32");
        AtomicOf<long>("s64");
        AtomicOf<ulong>("u64");
        Atomic<uint>("add", "u32", (a, b) => a + b);
        Atomic<int>("add", "s32", (a, b) => a + b);
        Atomic<ulong>("add", "u64", (a, b) => a + b);
        Atomic<float>("add", "f32", (a, b) => Canonical(a + b));
        Atomic<double>("add", "f64", (a, b) => a + b);
        Atomic<uint>("inc", "u32", (a, b) => a >= b ? 0 : a + 1);
        Atomic<uint>("dec", "u32", (a, b) => a == 0 || a > b ? b : a - 1);
        foreach (string t in new[] { "b32", "b64" })
        {
            Add(table, $"atom.and.{t}", $"{t} {t}", (a, b, _) => a & b);
            Add(table, $"atom.or.{t}", $"{t} {t}", (a, b, _) => a | b);
            Add(table, $"atom.xor.{t}", $"{t} {t}", (a, b, _) => a ^ b);
            Add(table, $"atom.exch.{t}", $"{t} {t}", (_, b, _) => b);
            Add(table, $"atom.cas.{t}", $"{t} {t} {t}", (a, b, c) => a == b ? c : a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T As<T>(ulong bits) where T : unmanaged => Unsafe.As<ulong, T>(ref bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Bits<T>(T value) where T : unmanaged
    {
        ulong bits = 0;
        Unsafe.As<ulong, T>(ref bits) = value;
        return bits;
    }

    private static ulong Bit(bool value) => value ? 1u : 0u;
}
