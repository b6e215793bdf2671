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
        using DeviceBuffer x = Accelerator.Upload<TIn>(input), y = Accelerator.Upload<TOut>(output);
        loaded.Launch(groups ?? loaded.GroupsFor(output.Length), x.View<TIn>(), y.View<TOut>());
        return Accelerator.Download<TOut>(y);
    }
}
