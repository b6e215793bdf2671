using Fovea.Compute;
using Fovea.Compute.Memory;
using Fovea.Compute.Simt;

namespace Fovea.Tests.ComputeTests;

internal sealed class SimtTests
{
    [Test]
    public void ATreeReductionAddsEveryGroup([Values(1, 3)] int threads)
    {
        using var device = new SimtAccelerator(threads);
        float[] input = [.. Enumerable.Range(0, 5 * 256).Select(i => (float)i)];
        using DeviceBuffer source = device.Upload<float>(input), target = device.Allocate(5 * sizeof(float));
        Kernel kernel = device.Load(KernelSource.Of(SimtKernels.Sum));
        for (int round = 0; round < 3; round++)
        {
            kernel.Launch(new Dim3(5), source.View<float>(), target.View<float>());
            // 256 numbers from 256 g on: 256 · 256 g + 255 · 256 / 2.
            Assert.That(device.Download<float>(target), Is.EqualTo(Enumerable.Range(0, 5).Select(g => (65536f * g) + 32640f)));
        }
    }

    [Test]
    public void ATiledTranspositionExchangesRowsAndColumns()
    {
        using var device = new SimtAccelerator(2);
        const int Rows = 40, Columns = 21;
        float[] input = [.. Enumerable.Range(0, Rows * Columns).Select(i => (float)i)];
        using DeviceBuffer source = device.Upload<float>(input), target = device.Allocate(Rows * Columns * sizeof(float));
        device.Load(KernelSource.Of(SimtKernels.Transpose, new Dim3(8, 8), 8))
            .Launch(new Dim3(3, 5), source.View<float>(), target.View<float>(), KernelArgument.Of(Rows), KernelArgument.Of(Columns));
        float[] result = device.Download<float>(target);
        for (int r = 0; r < Rows; r++)
            for (int c = 0; c < Columns; c++)
                Assert.That(result[(c * Rows) + r], Is.EqualTo((r * Columns) + c));
    }

    [Test]
    public void GenericKernelsTakeStructsAndTouchOnlyTheirRange()
    {
        using var device = new SimtAccelerator(2);
        using DeviceBuffer values = device.Upload<float>(Enumerable.Repeat(2f, 200).ToArray());
        KernelArgument range = KernelArgument.Of(new Range(3, 190, 0.25f));
        device.Load(KernelSource.Of(SimtKernels.Scale<Three>)).Launch(new Dim3(4), values.View<float>(), range);
        device.Load(KernelSource.Of(SimtKernels.Scale<Half>)).Launch(new Dim3(4), values.View<float>(), range);
        Assert.That(device.Download<float>(values), Is.EqualTo(Enumerable.Range(0, 200).Select(i => i is >= 3 and < 190 ? 3.375f : 2f)));
    }

    [Test]
    public void LocalMemoryIsTheThreadsOwnAndConstantsAreBoundWhenLoading()
    {
        using var device = new SimtAccelerator(1);
        using DeviceBuffer values = device.Allocate(16);
        device.Load(KernelSource.Of(SimtKernels.Polynomial, null, new Range(1, 2, 3))).Launch(new Dim3(1), values.View<float>(), KernelArgument.Of(10f));
        Assert.That(device.Download<float>(values), Is.EqualTo(new[] { 321, 321, 321, float.NaN }));
    }

    [Test]
    public void AtomicsLoseNothing([Values(1, 2, 4)] int threads)
    {
        using var device = new SimtAccelerator(threads);
        using DeviceBuffer counts = device.Upload<int>(new int[3]), bits = device.Upload<uint>([0, 0, 0xFFFF, 0, uint.MaxValue]), sum = device.Upload<float>([0]);
        device.Load(KernelSource.Of(SimtKernels.Count)).Launch(new Dim3(40), counts.View<int>(), bits.View<uint>(), sum.View<float>());
        const int Last = (40 * 256) - 1;
        Assert.That(device.Download<int>(counts), Is.EqualTo(new[] { Last * (Last + 1) / 2, Last, -Last }));
        // The exclusive or of 0 … 4 k − 1 is 0.
        Assert.That(device.Download<uint>(bits), Is.EqualTo(new[] { uint.MaxValue, 0u, 0xFF00u, 0x80000000u + Last, 0x80000000u - Last }));
        Assert.That(device.Download<float>(sum), Is.EqualTo(new[] { 40 * 256f }));
    }

    [Test]
    public void ThreadsOfAWarpExchangeValues()
    {
        using var device = new SimtAccelerator(1);
        using DeviceBuffer values = device.Allocate(96 * 16);
        device.Load(KernelSource.Of(SimtKernels.Exchange)).Launch(new Dim3(1), values.View<float>());
        float[] result = device.Download<float>(values);
        for (int i = 0; i < 96; i++)
        {
            int warp = i / 32 * 32, lane = i % 32;
            float[] expected = [(32 * warp) + 496, warp + 31 - lane, lane + 3 < 32 ? i + 3 : i, lane >= 30 ? i - 30 : i];
            Assert.That(result[(4 * i)..((4 * i) + 4)], Is.EqualTo(expected), $"thread {i}");
        }
    }

    [Test]
    public void IndicesRunOverAllAxes()
    {
        using var device = new SimtAccelerator(2);
        using DeviceBuffer values = device.Allocate(6 * 4 * 6 * sizeof(int));
        device.Load(KernelSource.Of(SimtKernels.Indices, new Dim3(3, 2, 2))).Launch(new Dim3(2, 2, 3), values.View<int>());
        int[] result = device.Download<int>(values);
        // The thread (5, 2, 3): group (1, 1, 1), number 7 of 12; in it (2, 0, 1), number 8 of 12.
        Assert.That(result[(((3 * 4) + 2) * 6) + 5], Is.EqualTo((7 * 12) + 8));
        Assert.That(result.Order(), Is.EqualTo(Enumerable.Range(0, 144)));
    }

    [Test]
    public void SharedMemoryIsNotANumberInEveryGroup()
    {
        using var device = new SimtAccelerator(1);
        using DeviceBuffer values = device.Allocate(3 * 8 * sizeof(float));
        device.Clear(values, 0, values.Length);
        device.Load(KernelSource.Of(SimtKernels.ReadBeforeWriting)).Launch(new Dim3(3), values.View<float>());
        Assert.That(device.Download<float>(values), Is.All.NaN);
    }

    [Test]
    public void MemoryIsNotANumberUntilWrittenAndIsAccountedFor()
    {
        using var device = new SimtAccelerator(1);
        using (DeviceBuffer buffer = device.Allocate(100))
        {
            Assert.That(device.Memory.InUse, Is.EqualTo(100));
            device.Clear(buffer, 8, 4);
            float[] values = device.Download<float>(buffer);
            Assert.That((values[1], values[2], values[3]), Is.EqualTo((float.NaN, 0f, float.NaN)));
        }
        Assert.That((device.Memory.InUse, device.Memory.Peak), Is.EqualTo((0L, 100L)));
    }

    [Test]
    public void SeveralDevicesAndHostThreadsWorkAtOnce()
    {
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (int round = 0; round < 5; round++) ATreeReductionAddsEveryGroup(2);
        });
    }
}
