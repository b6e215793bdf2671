using Fovea.Core;
using Fovea.Execution;
using Fovea.Gpu.Devices.Compilation;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Fovea.Gpu.Devices;

/// <summary>An OpenCL device.</summary>
internal sealed class OpenClDevice : IlgpuDevice
{
    private readonly KernelCompiler compiler;

    private OpenClDevice(Context context, CLAccelerator accelerator, AcceleratorInfo info, long largestBlock, long limit)
        : base(context, accelerator, accelerator.DefaultStream, info, largestBlock, limit) =>
        compiler = new(context => new CLBackend(context, accelerator.Capabilities, accelerator.Vendor, accelerator.CLStdVersion),
            KernelTarget.OpenCl);

    /// <summary>Opens a device.</summary>
    /// <param name="info">What is known of it.</param>
    /// <param name="platform">Its platform's handle.</param>
    /// <param name="device">Its handle.</param>
    /// <param name="limit">Bytes to use at most.</param>
    /// <exception cref="DeviceFailureException">The driver refuses.</exception>
    public static OpenClDevice Open(AcceleratorInfo info, nint platform, nint device, long limit = long.MaxValue)
    {
        Context context = KernelCompiler.CreateContext();
        try
        {
            var description = new CLDevice(platform, device);
            long largest = description.GetDeviceInfo<long>(CLDeviceInfoType.CL_DEVICE_MAX_MEM_ALLOC_SIZE);
            return new OpenClDevice(context, description.CreateCLAccelerator(context), info, largest, limit);
        }
        catch (Exception exception) when (IsDriver(exception) || exception is CapabilityNotSupportedException)
        {
            context.Dispose();
            throw new DeviceFailureException($"{info.Name} cannot be opened: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    internal override Kernel Compile(KernelSource source)
    {
        ILGPU.Backends.CompiledKernel compiled = compiler.Compile(source);
        try
        {
            return Accelerator.LoadKernel(compiled);
        }
        catch (CLException exception)
        {
            throw new KernelCompilationException(
                $"{Info.Name}: the driver refuses the kernel {source.Name}: {exception.Message}", exception);
        }
    }

    private protected override void Close() => compiler.Dispose();
}
