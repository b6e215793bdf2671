using System.Runtime.Intrinsics;

namespace Fovea.Cpu.Vectors;

/// <summary>The widest vectors that CPU kernels use, in bits.</summary>
public enum SimdLevel
{
    /// <summary>128-bit vectors: SSE or ARM AdvSimd.</summary>
    Vector128 = 128,

    /// <summary>256-bit vectors: AVX2.</summary>
    Vector256 = 256,

    /// <summary>512-bit vectors: AVX-512.</summary>
    Vector512 = 512,
}

/// <summary>What the processor offers, and what kernels are allowed to use of it.</summary>
public static class CpuFeatures
{
    /// <summary>The environment variable that lowers <see cref="Simd"/> to 128 or 256, to compare or to test.</summary>
    public const string SimdVariable = "FOVEA_SIMD";

    private static readonly Lazy<SimdLevel> Chosen = new(Detect);

    /// <summary>The widest vectors this process uses: what the hardware has, or less if <c>FOVEA_SIMD</c> says so.</summary>
    /// <exception cref="ArgumentException">The variable is set to something else than 128, 256 or 512.</exception>
    public static SimdLevel Simd => Chosen.Value;

    /// <summary>The widest vectors the hardware has.</summary>
    public static SimdLevel Hardware =>
        Vector512.IsHardwareAccelerated ? SimdLevel.Vector512
        : Vector256.IsHardwareAccelerated ? SimdLevel.Vector256
        : SimdLevel.Vector128;

    private static SimdLevel Detect() => Environment.GetEnvironmentVariable(SimdVariable) switch
    {
        null or "" => Hardware,
        "512" => Smaller(SimdLevel.Vector512),
        "256" => Smaller(SimdLevel.Vector256),
        "128" => SimdLevel.Vector128,
        string other => throw new ArgumentException($"{SimdVariable}={other} is not a vector width; use 128, 256 or 512."),
    };

    private static SimdLevel Smaller(SimdLevel wanted) => wanted < Hardware ? wanted : Hardware;
}
