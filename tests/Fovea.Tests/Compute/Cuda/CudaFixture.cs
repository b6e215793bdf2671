using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Cuda;
using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;

namespace Fovea.Tests.ComputeTests.Cuda;

internal struct Mixed
{
    public byte Byte;
    public short Short;
    public bool Bool;
    public sbyte Signed;
    public ushort Unsigned;
    public double Double;
    public long Long;
    public float Single;
}

/// <summary>Kernels that are compiled and executed for real.</summary>
internal static class CudaKernels
{
    [Kernel(GroupSize = 64)]
    public static void Add(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < x.Length) y[i] += x[i];
    }

    [Kernel(GroupSize = 1)]
    public static void Spell(ArrayView<long> target, byte first, Mixed mixed, int last)
    {
        target[0] = first;
        target[1] = mixed.Byte;
        target[2] = mixed.Short;
        target[3] = mixed.Bool ? 1 : 0;
        target[4] = mixed.Signed;
        target[5] = mixed.Unsigned;
        target[6] = (long)(mixed.Double * 4);
        target[7] = mixed.Long;
        target[8] = (long)mixed.Single;
        target[9] = last;
    }

    [Kernel(GroupSize = 0)]
    public static void Where(ArrayView<int> target, [Constant] int origin)
    {
        Index3 at = Grid.GlobalIndex;
        int width = Grid.DimX * Group.DimX, height = Grid.DimY * Group.DimY;
        target[(((at.Z * height) + at.Y) * width) + at.X] = origin + (100 * Grid.IdxX) + (10 * Grid.IdxY) + Grid.IdxZ;
    }

    [Kernel(GroupSize = 32)]
    public static void Reverse(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(32);
        shared[Group.IdxX] = values[Group.IdxX];
        Group.Barrier();
        values[Group.IdxX] = shared[31 - Group.IdxX];
    }
}

/// <summary>Counts compilations, and may give other text.</summary>
internal sealed class CountingPtxCompiler : IPtxCompiler
{
    private readonly PtxKernelCompiler inner = new();

    public int Version => 1;

    public int Compilations { get; private set; }

    public PtxTarget? Target { get; private set; }

    public Func<CompiledKernel, CompiledKernel> Change { get; init; } = kernel => kernel;

    public CompiledKernel Compile(KernelSource source, PtxTarget target)
    {
        (Compilations, Target) = (Compilations + 1, target);
        return Change(inner.Compile(source, target));
    }
}

internal static class CudaFixture
{
    public static CudaAccelerator Open(FakeCudaDriver driver, IPtxCompiler? compiler = null, KernelCache? cache = null, int index = 0) =>
        new(CudaDevices.Discover(driver)[index], compiler ?? new PtxKernelCompiler(), cache ?? new KernelCache(null));

    public static DeviceBuffer Buffer<T>(this Accelerator device, params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        DeviceBuffer buffer = device.Allocate(bytes.Length);
        device.Write(buffer, 0, bytes);
        return buffer;
    }

    public static T[] Values<T>(this Accelerator device, DeviceBuffer buffer)
        where T : unmanaged
    {
        byte[] bytes = new byte[buffer.Length];
        device.Read(buffer, 0, bytes);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    public static KernelArgument All(this DeviceBuffer buffer, int size = 4) => KernelArgument.View(buffer, 0, (int)(buffer.Length / size));

    public static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];
}
