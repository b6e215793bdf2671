using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Dialect;
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
        const int rows = 40, columns = 21;
        float[] input = [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)];
        using DeviceBuffer source = device.Upload<float>(input), target = device.Allocate(rows * columns * sizeof(float));
        device.Load(KernelSource.Of(SimtKernels.Transpose, new Dim3(8, 8), 8))
            .Launch(new Dim3(3, 5), source.View<float>(), target.View<float>(), KernelArgument.Of(rows), KernelArgument.Of(columns));
        float[] result = device.Download<float>(target);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                Assert.That(result[(c * rows) + r], Is.EqualTo((r * columns) + c));
    }
}

internal static class SimtDevices
{
    public static DeviceBuffer Upload<T>(this Accelerator device, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        DeviceBuffer buffer = device.Allocate(bytes.Length);
        device.Write(buffer, 0, bytes);
        return buffer;
    }

    public static T[] Download<T>(this Accelerator device, DeviceBuffer buffer)
        where T : unmanaged
    {
        byte[] bytes = new byte[buffer.Length];
        device.Read(buffer, 0, bytes);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    public static unsafe KernelArgument View<T>(this DeviceBuffer buffer)
        where T : unmanaged => KernelArgument.View(buffer, 0, (int)(buffer.Length / sizeof(T)));
}

internal static class SimtKernels
{
    [Kernel]
    public static void Sum(ArrayView<float> source, ArrayView<float> target)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(256);
        sums[Group.IdxX] = source[Grid.GlobalIndex.X];
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half) sums[Group.IdxX] += sums[Group.IdxX + half];
            Group.Barrier();
        }
        if (Group.IdxX == 0) target[Grid.IdxX] = sums[0];
    }

    [Kernel(GroupSize = 0)]
    public static void Transpose(ArrayView<float> source, ArrayView<float> target, int rows, int columns, [Constant] int tile)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(tile * (tile + 1));
        int column = (Grid.IdxX * tile) + Group.IdxX, row = (Grid.IdxY * tile) + Group.IdxY;
        if (row < rows && column < columns) values[(Group.IdxY * (tile + 1)) + Group.IdxX] = source[(row * columns) + column];
        Group.Barrier();
        column = (Grid.IdxX * tile) + Group.IdxY;
        row = (Grid.IdxY * tile) + Group.IdxX;
        if (row < rows && column < columns) target[(column * rows) + row] = values[(Group.IdxX * (tile + 1)) + Group.IdxY];
    }
}
