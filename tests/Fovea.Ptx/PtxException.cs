namespace Fovea.Ptx;

/// <summary>What the emulator found wrong.</summary>
public enum PtxError
{
    Syntax,
    UnknownInstruction,
    Undeclared,
    TypeMismatch,
    Launch,
    UninitialisedRegister,
    UninitialisedMemory,
    Misaligned,
    OutOfBounds,
    DivergentBarrier,
    DivergentWarp,
    Race,
    Budget,
    DivisionByZero,
    Trap,
}

/// <summary>A fault in PTX text or in its execution, with the kernel, the line, and where it ran the block and the thread.</summary>
public sealed class PtxException(PtxError error, string what, string? kernel = null, int line = 0, string? source = null,
    Dim? block = null, Dim? thread = null)
    : Exception(Compose(what, kernel, line, source, block, thread))
{
    public PtxError Error { get; } = error;
    public string What { get; } = what;
    public string? Kernel { get; } = kernel;
    public int Line { get; } = line;
    public Dim? Block { get; } = block;
    public Dim? Thread { get; } = thread;

    private static string Compose(string what, string? kernel, int line, string? source, Dim? block, Dim? thread)
    {
        var parts = new List<string>();
        if (kernel is not null)
            parts.Add($"kernel '{kernel}'");
        if (line > 0)
            parts.Add(source is null ? $"line {line}" : $"line {line} `{source}`");
        if (block is not null)
            parts.Add($"block {block}");
        if (thread is not null)
            parts.Add($"thread {thread}");
        return parts.Count == 0 ? what : $"{string.Join(", ", parts)}: {what}";
    }
}

/// <summary>Three sizes or a position, x fastest.</summary>
public readonly record struct Dim(int X, int Y = 1, int Z = 1)
{
    public long Count => (long)X * Y * Z;

    public static Dim At(long linear, Dim size) =>
        new((int)(linear % size.X), (int)(linear / size.X % size.Y), (int)(linear / size.X / size.Y));

    public override string ToString() => $"({X}, {Y}, {Z})";
}
