namespace Fovea.Ptx;

/// <summary>PTX text, read and checked; its entries can be launched.</summary>
public sealed class PtxModule
{
    public required string Version { get; init; }
    public required string Target { get; init; }
    public required IReadOnlyDictionary<string, PtxEntry> Entries { get; init; }

    /// <summary>Reads PTX text. Throws a <see cref="PtxException"/> that says what is wrong and where.</summary>
    public static PtxModule Parse(string text) => new PtxParser(text).ReadModule();

    public PtxEntry this[string entry] => Entries.TryGetValue(entry, out PtxEntry? found)
        ? found
        : throw new PtxException(PtxError.Launch, $"the module has no entry '{entry}'; it has {string.Join(", ", Entries.Keys)}");
}

/// <summary>A parameter of an entry: where it lies in the block of parameters, in bytes.</summary>
public sealed record PtxParameter(string Name, PtxType Type, int Offset, int Size, int Alignment);

/// <summary>An array in shared or local memory. Dynamic ones have no size of their own.</summary>
internal sealed record PtxArray(string Name, bool Shared, int Size, int Alignment, bool Dynamic)
{
    /// <summary>Each array lies in a region of its own, no better aligned than was asked, so that overruns and luck show.</summary>
    public const int RegionBits = 20;

    /// <summary>The number of the region, from 1; dynamic arrays share one.</summary>
    public int Region { get; init; }

    public uint Address => ((uint)Region << RegionBits) + (uint)Alignment;
}

/// <summary>A kernel: its interface, and its instructions ready to run.</summary>
public sealed class PtxEntry
{
    public required string Name { get; init; }
    public required IReadOnlyList<PtxParameter> Parameters { get; init; }
    public required int ParameterBytes { get; init; }

    /// <summary>The compute capability that the module is for, such as 80.</summary>
    public required int Sm { get; init; }

    /// <summary>The version of the text, such as 7.0.</summary>
    public required Version Version { get; init; }

    /// <summary>The group size that the kernel demands, or none.</summary>
    public required Dim? RequiredGroup { get; init; }

    /// <summary>The most threads of a group, from <c>.maxntid</c> or <c>.reqntid</c>; 1024 if neither is stated.</summary>
    public required int MaxThreads { get; init; }

    /// <summary>Bytes of shared memory that are declared with a size, here and in functions that are called from here.</summary>
    public int StaticSharedBytes { get; internal set; }
    internal IReadOnlyList<PtxArray> Arrays { get; set; } = [];
    internal string[] Source { get; init; } = [];
    internal PtxCode Code { get; set; } = null!;
}

/// <summary>The statements of an entry, or of a function that is called. Names of inner scopes carry the number of their scope.</summary>
internal sealed class PtxFunction(string name)
{
    public string Name { get; } = name;
    public List<PtxInstruction> Instructions { get; } = [];
    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>The labels behind each <c>.branchtargets</c>.</summary>
    public Dictionary<string, IReadOnlyList<string>> Tables { get; } = [];
    public List<PtxArray> Arrays { get; } = [];

    /// <summary>Variables of the parameter space: what the function is given and gives back, and what its calls pass on.</summary>
    public List<PtxParameter> Variables { get; } = [];
    public IReadOnlyList<PtxParameter> Parameters { get; init; } = [];
    public IReadOnlyList<PtxParameter> Results { get; init; } = [];
}

/// <summary>What stands between the commas of an instruction.</summary>
internal abstract record Operand
{
    public sealed record Register(string Name, PtxType Type) : Operand;
    public sealed record Special(string Name) : Operand;
    public sealed record Immediate(ulong Bits, char Kind) : Operand;
    public sealed record Symbol(string Name) : Operand;
    public sealed record Address(Operand Base, long Offset) : Operand;
    public sealed record Vector(IReadOnlyList<Operand> Parts) : Operand;
    public sealed record Pair(Operand First, Operand Second) : Operand;
    public sealed record Not(Operand Value) : Operand;
    public sealed record Group(IReadOnlyList<Operand> Parts) : Operand;
}

internal sealed record PtxInstruction(string Name, Operand.Register? Guard, bool GuardNegated, IReadOnlyList<Operand> Operands, int Line);
