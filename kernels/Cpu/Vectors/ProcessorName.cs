using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Cpu.Vectors;

/// <summary>What the maker calls the processor.</summary>
internal static class ProcessorName
{
    public static string Text { get; } = Read();

    private static string Read()
    {
        const int First = unchecked((int)0x80000002);
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < 0x80000004)
            return RuntimeInformation.ProcessArchitecture.ToString();
        Span<int> letters = stackalloc int[12];
        for (int part = 0; part < 3; part++)
            (letters[4 * part], letters[(4 * part) + 1], letters[(4 * part) + 2], letters[(4 * part) + 3]) = X86Base.CpuId(First + part, 0);
        return System.Text.Encoding.ASCII.GetString(MemoryMarshal.AsBytes(letters)).TrimEnd('\0').Trim();
    }
}
