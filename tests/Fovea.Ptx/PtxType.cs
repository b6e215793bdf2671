using System.Globalization;

namespace Fovea.Ptx;

/// <summary>A fundamental type: kind b (bits), u, s, f or p (predicate), and its width.</summary>
public readonly record struct PtxType(char Kind, int Bits)
{
    public static readonly PtxType Predicate = new('p', 1);
    public static readonly PtxType U32 = new('u', 32);
    public static readonly PtxType U64 = new('u', 64);
    public static readonly PtxType B32 = new('b', 32);

    public int Bytes => Bits / 8;

    public static bool TryParse(ReadOnlySpan<char> text, out PtxType type)
    {
        type = Predicate;
        if (text is "pred")
            return true;
        if (text.Length < 2 || !"busf".Contains(text[0]) || text[1..] is not ("8" or "16" or "32" or "64"))
            return false;
        type = new PtxType(text[0], int.Parse(text[1..], CultureInfo.InvariantCulture));
        return type is not { Kind: 'f', Bits: 8 };
    }

    public static PtxType Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out PtxType type) ? type : throw new ArgumentException($"'{text}' is not a type.");

    /// <summary>
    /// Whether an operand of this type serves an instruction of the given type. Bits go with everything of their size; loads,
    /// stores and conversions (<paramref name="wider"/>) take wider registers too, though not floating-point ones.
    /// </summary>
    public bool Serves(PtxType instruction, bool wider = false)
    {
        if (Kind == 'p' || instruction.Kind == 'p')
            return Kind == instruction.Kind;
        if (Bits != instruction.Bits)
            return wider && Bits > instruction.Bits && Kind != 'f' && instruction.Kind != 'f';
        return Kind == 'b' || instruction.Kind == 'b' || (Kind == 'f') == (instruction.Kind == 'f');
    }

    public override string ToString() => Kind == 'p' ? ".pred" : $".{Kind}{Bits}";
}
