using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Mathematics;
using Fovea.Testing;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Tests;

/// <summary>The functions of kernels have the same bits on every device as in .NET.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
internal sealed class KernelMathDeviceTests(string name) : KernelDeviceTests(name)
{
    private const int Groups = 4;

    private static readonly string[] Functions =
    [
        "Exp", "Exp2", "Expm1", "Log", "Log2", "Log1p", "Tanh", "Sigmoid", "Erf", "Sin", "Cos", "Rsqrt", "Round", "Floor",
        "Pow", "Min", "Max", "CopySign", "FusedMultiplyAdd", "Clamp", "IsNaN", "Divide", "Sqrt",
    ];

    private static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 2f, -2f, 3f, 4194303.5f, 4194304.5f, -4194305.5f, 8388607.5f, 8388609f, 16777217f,
            -16777215f, 1e-40f, -1e-40f,
        float.Epsilon, 1.17549435e-38f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e5f,
            -2e5f, 33554432f, 5.4763625e15f, 88.7f, -103.9f,
    ];

    [TestCaseSource(nameof(Functions))]
    public void HaveTheSameBits(string function)
    {
        // Every exponent and sign, and every pair of special numbers.
        float[] x = [.. Samples(20011), .. from a in Special from b in Special select a],
            y = [.. Samples(20011).Reverse(), .. from a in Special from b in Special select b];
        int which = Array.IndexOf(Functions, function);
        using DeviceBuffer inputs = Device.Upload<float>(x), others = Device.Upload<float>(y), results = Device.Allocate<float>(x.Length);
        DeviceKernel kernel = Device.Load(KernelSource.Of(Evaluate, new Dim3(Device.Info.GroupSize), which));
        kernel.Launch(new Dim3(Groups), inputs.View<float>(), others.View<float>(), results.View<float>());
        float[] actual = Device.Download<float>(results);
        for (int i = 0; i < x.Length; i++)
        {
            float expected = Value(which, x[i], y[i]);
            bool same = float.IsNaN(expected) ? float.IsNaN(actual[i])
                : BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected);
            if (!same) Assert.Fail($"{function}({x[i]:r}, {y[i]:r}) = {actual[i]:r}, not {expected:r}");
        }
    }

    private static IEnumerable<float> Samples(int count)
    {
        // A prime, so that the samples share no pattern with the bits.
        const uint Stride = 214_631;
        for (uint i = 0; i < count; i++) yield return BitConverter.UInt32BitsToSingle(unchecked(i * Stride));
    }

    private static void Evaluate(ArrayView<float> x, ArrayView<float> y, ArrayView<float> results, SpecializedValue<int> function)
    {
        for (int i = Grid.GlobalIndex.X; i < results.IntLength; i += Grid.DimX * Group.DimX) results[i] = Value(function, x[i], y[i]);
    }

    private static float Value(int function, float x, float y)
    {
        if (function == 0) return KernelMath.Exp(x);
        if (function == 1) return KernelMath.Exp2(x);
        if (function == 2) return KernelMath.Expm1(x);
        if (function == 3) return KernelMath.Log(x);
        if (function == 4) return KernelMath.Log2(x);
        if (function == 5) return KernelMath.Log1p(x);
        if (function == 6) return KernelMath.Tanh(x);
        if (function == 7) return KernelMath.Sigmoid(x);
        if (function == 8) return KernelMath.Erf(x);
        if (function == 9) return KernelMath.Sin(x);
        if (function == 10) return KernelMath.Cos(x);
        if (function == 11) return KernelMath.Rsqrt(x);
        if (function == 12) return KernelMath.Round(x);
        if (function == 13) return KernelMath.Floor(x);
        if (function == 14) return KernelMath.Pow(x, y);
        if (function == 15) return KernelMath.Min(x, y);
        if (function == 16) return KernelMath.Max(x, y);
        if (function == 17) return KernelMath.CopySign(x, y);
        if (function == 18) return KernelMath.FusedMultiplyAdd(x, y, 1.25f);
        if (function == 19) return KernelMath.Clamp(x, -1.25f, y);
        if (function == 20) return KernelMath.IsNaN(x) ? 1f : 0f;
        if (function == 21) return x / y;
        return MathF.Sqrt(x);
    }
}
