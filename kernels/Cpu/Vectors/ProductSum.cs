using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Fovea.Cpu.Vectors;

/// <summary>
/// a · b + c: rounded once where the processor has an instruction for it, else twice. The runtime's own functions always round once and
/// call a routine for every element where there is no instruction, which is a hundred times slower.
/// </summary>
internal static class ProductSum
{
    /// <summary>Whether it is rounded once: a constant for the compiler.</summary>
    /// <remarks>Every x86 processor with AVX2 that .NET knows has FMA.</remarks>
    public static bool IsFused
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.IsHardwareAccelerated || AdvSimd.IsSupported;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float a, float b, float c) => IsFused ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        IsFused ? Vector128.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
