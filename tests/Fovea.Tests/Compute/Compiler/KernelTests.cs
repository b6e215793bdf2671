using System.Runtime.InteropServices;
using Fovea.Backends.Gpu;
using Fovea.Compute;
using Fovea.Compute.Memory;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>Tests of kernels on every device that runs them: compiled, and as plain .NET.</summary>
internal abstract class KernelTests(string name)
{
    private Accelerator? accelerator;

    /// <summary>The devices that fixtures run on.</summary>
    public static readonly string[] Names = ["simt", "opencl"];

    protected Accelerator Accelerator => accelerator!;

    [OneTimeSetUp]
    public void OpenAccelerator()
    {
        if (name == "opencl") OpenClFixture.Device();
        accelerator = Accelerators.Open(name, 2);
    }

    [OneTimeTearDown]
    public void CloseAccelerator() => accelerator?.Dispose();

    /// <summary>Runs a kernel of two views, with as many threads as the second has elements (rounded up to groups), and gives what is then in the second.</summary>
    protected TOut[] Run<TIn, TOut>(Delegate kernel, TIn[] input, TOut[] output, Dim3? groups = null)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        Kernel loaded = Accelerator.Load(KernelSource.Of(kernel));
        using DeviceBuffer x = Upload(input), y = Upload(output);
        int size = (int)loaded.Source.GroupSize.Count;
        loaded.Launch(groups ?? new Dim3((output.Length + size - 1) / size), KernelArgument.View(x, 0, input.Length), KernelArgument.View(y, 0, output.Length));
        return Download<TOut>(y, output.Length);
    }

    protected DeviceBuffer Upload<T>(T[] values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        DeviceBuffer buffer = Accelerator.Allocate(Math.Max(bytes.Length, 1));
        Accelerator.Write(buffer, 0, bytes);
        return buffer;
    }

    protected T[] Download<T>(DeviceBuffer buffer, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        Accelerator.Read(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
