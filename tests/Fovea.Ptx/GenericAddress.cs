namespace Fovea.Ptx;

/// <summary>
/// Generic addresses: those of global memory as they are, those of shared and local memory marked by a bit that global ones lack.
/// </summary>
internal static class GenericAddress
{
    public const ulong Shared = 1UL << 40, Local = 1UL << 41, Within = (1UL << 40) - 1;

    public static ulong From(ulong address, ulong space) => address | space;

    /// <summary>The null pointer stays what it is.</summary>
    public static ulong To(ulong address, ulong space, string name) => address == 0 || Is(address, space)
        ? address & Within
        : throw new PtxException(PtxError.OutOfBounds, $"0x{address:x} is no address of {name} memory");

    public static bool Is(ulong address, ulong space) => (address & ~Within) == space;
}
