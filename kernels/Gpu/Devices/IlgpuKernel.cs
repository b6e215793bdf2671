using Fovea.Execution;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Devices;

/// <summary>A kernel that ILGPU compiles on another thread from the moment it is made.</summary>
internal sealed class IlgpuKernel : DeviceKernel, IDisposable
{
    private readonly IlgpuDevice device;
    private readonly LaunchSignature signature;
    private readonly Task<(Kernel Kernel, KernelLauncher.Invoke Launch)> compilation;
    private readonly Index3D group;
    private KernelLauncher.Invoke? ready;

    public IlgpuKernel(IlgpuDevice device, KernelSource source) : base(source)
    {
        this.device = device;
        signature = new LaunchSignature(source);
        group = new(source.GroupSize.X, source.GroupSize.Y, source.GroupSize.Z);
        compilation = CompilationQueue.Run(Compile, device.Closing);
    }

    /// <summary>Whether its compilation has ended.</summary>
    public bool IsCompiled => compilation.IsCompleted;

    /// <summary>Waits for the end of its compilation.</summary>
    /// <returns>False if it takes longer.</returns>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public bool Wait(TimeSpan time, CancellationToken cancellationToken = default)
    {
        WaitHandle ended = ((IAsyncResult)compilation).AsyncWaitHandle;
        if (!cancellationToken.CanBeCanceled) return ended.WaitOne(time);
        int first = WaitHandle.WaitAny([ended, cancellationToken.WaitHandle], time);
        cancellationToken.ThrowIfCancellationRequested();
        return first == 0;
    }

    /// <inheritdoc/>
    public override void Prepare() => ready ??= compilation.GetAwaiter().GetResult().Launch;

    /// <inheritdoc/>
    /// <exception cref="KernelCompilationException">The kernel could not be compiled.</exception>
    public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        signature.Check(arguments);
        foreach (ref readonly KernelArgument argument in arguments)
        {
            if (argument.Buffer is { } buffer) _ = device.Own(buffer);
        }
        if (groups.X < 0 || groups.Y < 0 || groups.Z < 0)
            throw new ArgumentOutOfRangeException(nameof(groups), $"{Source.Name} cannot be launched with {groups} groups.");
        if (groups.Count == 0) return;
        Prepare();
        try
        {
            ready!(device.Stream, new KernelConfig(new Index3D(groups.X, groups.Y, groups.Z), group), arguments);
        }
        catch (Exception exception) when (IlgpuDevice.IsDriver(exception))
        {
            throw device.Failed($"launching {Source.Name}", exception);
        }
        device.Launched(Source);
    }

    /// <summary>Unloads the kernel, after its compilation.</summary>
    public void Dispose()
    {
        // A compilation that failed has left nothing.
        if (Wait(Timeout.InfiniteTimeSpan) && compilation.IsCompletedSuccessfully) compilation.Result.Kernel.Dispose();
    }

    private (Kernel Kernel, KernelLauncher.Invoke Launch) Compile() => device.CompileToLaunch(Source);
}
