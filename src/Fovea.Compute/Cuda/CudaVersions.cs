using System.Globalization;
using Fovea.Compute.Compiler;

namespace Fovea.Compute.Cuda;

/// <summary>Which PTX a driver takes, and what a card understands.</summary>
internal static class CudaVersions
{
    // Compute capabilities that have a target of their own, and the PTX version that brought it. A card runs those of older ones too.
    private static readonly (int Sm, int Isa)[] Targets = [(70, 60), (75, 63), (80, 70), (86, 71), (89, 78), (90, 78), (100, 86), (120, 87)];

    /// <summary>A version as the driver counts: 12040 is 12.4.</summary>
    public static string Name(int driverVersion) => string.Create(CultureInfo.InvariantCulture, $"{driverVersion / 1000}.{driverVersion % 1000 / 10}");

    /// <summary>
    /// The newest PTX version that a driver is sure to take; null before CUDA 10.0. By the release notes of the PTX manual, 10.m has 6.(3+m), 11.m has
    /// 7.m, 12.m has 8.m up to 12.5, of which 12.6 has the same and each later one the next; 13 began with 9.0. A driver takes every older version.
    /// </summary>
    public static (int Major, int Minor)? Isa(int driverVersion)
    {
        int major = driverVersion / 1000, minor = driverVersion % 1000 / 10;
        return major switch
        {
            < 10 => null,
            10 => (6, 3 + Math.Min(minor, 2)),
            11 => (7, Math.Min(minor, 8)),
            12 => (8, Math.Min(minor <= 5 ? minor : minor - 1, 8)),
            _ => (9, 0),
        };
    }

    /// <summary>The target for a card: the newest that the card, its driver and the compiler know; null if there is none.</summary>
    public static PtxTarget? Target(int sm, int driverVersion)
    {
        if (Isa(driverVersion) is not var (major, minor)) return null;
        int best = Targets.LastOrDefault(target => target.Sm <= sm && target.Isa <= (10 * major) + minor).Sm;
        return best < PtxTarget.LowestSm ? null : new PtxTarget(best, major, minor);
    }
}
