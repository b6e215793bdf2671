using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Testing;
using ILGPU;

namespace Fovea.Gpu.Tests;

/// <summary>Comparisons of floats, NaN among them, as branches and as values, as they stand and negated: all as in C#.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
internal sealed class ComparisonTests(string name) : KernelDeviceTests(name)
{
    private const int Results = 30;

    private static readonly float[] Values = [float.NaN, float.NegativeInfinity, -1.5f, -0f, 0f, 1f, 1.5f, float.PositiveInfinity];

    [Test]
    public void OfTwoVariables() => Check(OfTwo, (a, b) =>
    [
        Int(a < b), Int(a <= b), Int(a > b), Int(a >= b), Int(a == b), Int(a != b),
        Int(!(a < b)), Int(!(a <= b)), Int(!(a > b)), Int(!(a >= b)), Int(!(a == b)), Int(!(a != b)),
        Int(a < b), Int(a <= b), Int(a > b), Int(a >= b), Int(a == b), Int(a != b),
        Int(!(a < b)), Int(!(a <= b)), Int(!(a > b)), Int(!(a >= b)), Int(!(a == b)), Int(!(a != b)),
        Int(a < b && b < 2f), Int(a < b || b < 2f), Int(!(a < b && b < 2f)), Int(!(a < b || b < 2f)), Int(float.IsNaN(a)),
            Int(!float.IsNaN(a)),
    ]);

    /// <summary>
    /// The constant is on the right: on the left ILGPU loses what holds for NaN, as <see cref="IlgpuDefectTests"/> shows.
    /// </summary>
    [Test]
    public void WithAConstant() => Check(WithConstants, (a, _) =>
    [
        Int(a < 0f), Int(a <= 0f), Int(a > 0f), Int(a >= 0f), Int(a == 0f), Int(a != 0f),
        Int(!(a < 0f)), Int(!(a <= 0f)), Int(!(a > 0f)), Int(!(a >= 0f)), Int(!(a == 0f)), Int(!(a != 0f)),
        Int(a < 1f), Int(a <= 1f), Int(a > 1f), Int(a >= 1f), Int(a == 1f), Int(a != 1f),
        Int(!(a < 1f)), Int(!(a <= 1f)), Int(!(a > 1f)), Int(!(a >= 1f)), Int(!(a == 1f)), Int(!(a != 1f)),
        Int(a > 0f && a < 1.2f), Int(a > 0f || a < -1f), Int(!(a > 0f && a < 1.2f)), Int(!(a > 0f || a < -1f)), 0, 0,
    ]);

    /// <summary>As branches, as values, and in loops.</summary>
    private static void OfTwo(ArrayView<float> a, ArrayView<float> b, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= a.IntLength) return;
        float x = a[i], z = b[i];
        ArrayView<int> results = y.SubView(i * Results, Results);
        if (x < z) results[0] = 1; else results[0] = 0;
        if (x <= z) results[1] = 1; else results[1] = 0;
        if (x > z) results[2] = 1; else results[2] = 0;
        if (x >= z) results[3] = 1; else results[3] = 0;
        if (x == z) results[4] = 1; else results[4] = 0;
        if (x != z) results[5] = 1; else results[5] = 0;
        if (!(x < z)) results[6] = 1; else results[6] = 0;
        if (!(x <= z)) results[7] = 1; else results[7] = 0;
        if (!(x > z)) results[8] = 1; else results[8] = 0;
        if (!(x >= z)) results[9] = 1; else results[9] = 0;
        if (!(x == z)) results[10] = 1; else results[10] = 0;
        if (!(x != z)) results[11] = 1; else results[11] = 0;
        bool less = x < z, lessOrEqual = x <= z, greater = x > z, greaterOrEqual = x >= z, equal = x == z, notEqual = x != z;
        results[12] = Int(less);
        results[13] = Int(lessOrEqual);
        results[14] = Int(greater);
        results[15] = Int(greaterOrEqual);
        results[16] = Int(equal);
        results[17] = Int(notEqual);
        results[18] = Int(!less);
        results[19] = Int(!lessOrEqual);
        results[20] = Int(!greater);
        results[21] = Int(!greaterOrEqual);
        results[22] = Int(!equal);
        results[23] = Int(!notEqual);
        results[24] = x < z && z < 2f ? 1 : 0;
        results[25] = x < z || z < 2f ? 1 : 0;
        results[26] = !(x < z && z < 2f) ? 1 : 0;
        results[27] = !(x < z || z < 2f) ? 1 : 0;
#pragma warning disable CS1718
        results[28] = x != x ? 1 : 0;
        results[29] = x == x ? 1 : 0;
#pragma warning restore CS1718
    }

    private static void WithConstants(ArrayView<float> a, ArrayView<float> b, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= a.IntLength) return;
        float x = a[i];
        ArrayView<int> results = y.SubView(i * Results, Results);
        Against(x, 0f, results);
        Against(x, 1f, results.SubView(12, 12));
        results[24] = x > 0f && x < 1.2f ? 1 : 0;
        results[25] = x > 0f || x < -1f ? 1 : 0;
        results[26] = !(x > 0f && x < 1.2f) ? 1 : 0;
        results[27] = !(x > 0f || x < -1f) ? 1 : 0;
        results[28] = 0;
        results[29] = 0;
    }

    /// <summary>Where this is inlined, the second number is a constant.</summary>
    private static void Against(float x, float constant, ArrayView<int> results)
    {
        if (x < constant) results[0] = 1; else results[0] = 0;
        if (x <= constant) results[1] = 1; else results[1] = 0;
        if (x > constant) results[2] = 1; else results[2] = 0;
        results[3] = x >= constant ? 1 : 0;
        results[4] = x == constant ? 1 : 0;
        results[5] = x != constant ? 1 : 0;
        if (!(x < constant)) results[6] = 1; else results[6] = 0;
        if (!(x <= constant)) results[7] = 1; else results[7] = 0;
        if (!(x > constant)) results[8] = 1; else results[8] = 0;
        results[9] = !(x >= constant) ? 1 : 0;
        results[10] = !(x == constant) ? 1 : 0;
        results[11] = !(x != constant) ? 1 : 0;
    }

    private static int Int(bool value) => value ? 1 : 0;

    private void Check(Action<ArrayView<float>, ArrayView<float>, ArrayView<int>> kernel, Func<float, float, int[]> expected)
    {
        (float A, float B)[] pairs = [.. from left in Values from right in Values select (left, right)];
        using DeviceBuffer a = Device.Upload<float>([.. pairs.Select(pair => pair.A)]),
            b = Device.Upload<float>([.. pairs.Select(pair => pair.B)]);
        using DeviceBuffer y = Device.Allocate<int>(pairs.Length * Results);
        DeviceKernel loaded = Device.Load(KernelSource.Of(kernel, new Dim3(16)));
        loaded.Launch(loaded.GroupsFor(pairs.Length), a.View<float>(), b.View<float>(), y.View<int>());
        int[] results = Device.Download<int>(y);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < pairs.Length; i++)
                Assert.That(results[(i * Results)..((i + 1) * Results)], Is.EqualTo(expected(pairs[i].A, pairs[i].B)),
                    $"{pairs[i].A} and {pairs[i].B}");
        });
    }
}
