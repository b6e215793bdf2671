namespace Fovea.Cli.Assembly;

/// <summary>How many groups of a kernel fit a multiprocessor.</summary>
/// <remarks>CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".</remarks>
internal static class Occupancy
{
    private const int Registers = 65536, RegisterUnit = 8, MostRegisters = 255;

    public static int Groups(int sm, int threads, int registers, int sharedBytes)
    {
        (int mostThreads, int mostGroups, int mostShared) = sm switch
        {
            70 => (2048, 32, 96 << 10),
            75 => (1024, 16, 64 << 10),
            80 => (2048, 32, 164 << 10),
            86 or 87 => (1536, 16, 100 << 10),
            89 => (1536, 24, 100 << 10),
            _ => (2048, 32, 228 << 10),
        };
        int perThread = Math.Clamp((registers + RegisterUnit - 1) / RegisterUnit * RegisterUnit, RegisterUnit, MostRegisters + 1);
        // From 8.0 on the system keeps 1 KiB of a group's shared memory.
        int shared = sharedBytes + (sm >= 80 ? 1024 : 0);
        int warps = (threads + 31) / 32;
        return Math.Min(Math.Min(mostGroups, mostThreads / (32 * warps)),
            Math.Min(Registers / (perThread * 32 * warps), shared == 0 ? mostGroups : mostShared / shared));
    }
}
