namespace Fovea.Compute.Compiler;

/// <summary>Which PTX to write.</summary>
/// <param name="Sm">The compute capability, such as 70 or 90.</param>
/// <param name="IsaMajor">The version of the PTX language.</param>
/// <param name="IsaMinor">Its second number.</param>
public readonly record struct PtxTarget(int Sm, int IsaMajor, int IsaMinor)
{
    /// <summary>The lowest compute capability that kernels are written for: Volta's, whose threads have program counters of their own.</summary>
    public const int LowestSm = 70;

    /// <summary>The lowest language version that knows a compute capability; every driver that knows the card takes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Kernels are not written for so old a card.</exception>
    public static PtxTarget For(int sm) => sm switch
    {
        < LowestSm => throw new ArgumentOutOfRangeException(nameof(sm), $"Kernels are written for compute capability 7.0 and up, not for sm_{sm}."),
        < 75 => new(sm, 6, 3),
        < 80 => new(sm, 6, 5),
        < 86 => new(sm, 7, 0),
        < 89 => new(sm, 7, 1),
        < 100 => new(sm, 7, 8),
        _ => new(sm, 8, 6),
    };

    /// <summary>The target as the assembler spells it.</summary>
    public string Architecture => $"sm_{Sm}";
}
