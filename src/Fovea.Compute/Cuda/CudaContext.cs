using System.Runtime.CompilerServices;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>
/// A device's primary context, which this process may share with other users of CUDA. It is current only within
/// <see cref="Enter"/>; what a thread had as its own before is its own again after.
/// </summary>
/// <remarks>There is no finalizer: memory and events of a device that nobody disposed are freed by theirs, and need the context.</remarks>
internal sealed unsafe class CudaContext : IDisposable
{
    private readonly Lock gate = new();
    private readonly int device;
    private readonly nint handle;
    private volatile bool released;

    /// <exception cref="CudaException">The driver refuses.</exception>
    public CudaContext(ICudaDriver driver, int device, string name)
    {
        (Driver, this.device, Name) = (driver, device, name);
        nint context;
        Check(driver.cuDevicePrimaryCtxRetain(&context, device));
        handle = context;
    }

    public ICudaDriver Driver { get; }

    /// <summary>What the device is called in errors.</summary>
    public string Name { get; }

    /// <summary>What was launched last, to be named when something queued has failed.</summary>
    public string? LastLaunch { get; set; }

    /// <summary>Makes the context the thread's own until the result is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    public Scope Enter()
    {
        ObjectDisposedException.ThrowIf(released, typeof(CudaAccelerator));
        Check(Driver.cuCtxPushCurrent(handle));
        return new Scope(Driver);
    }

    /// <summary>Frees something, unless the context is gone and it with it. Does not throw.</summary>
    public void Release(Func<ICudaDriver, int> free)
    {
        lock (gate)
        {
            if (released || Driver.cuCtxPushCurrent(handle) != 0) return;
            using var scope = new Scope(Driver);
            _ = free(Driver);
        }
    }

    /// <summary>Throws unless a call has succeeded; the call is named by the expression that was checked.</summary>
    public void Check(int code, string? kernel = null, [CallerArgumentExpression(nameof(code))] string call = "")
    {
        if (code != 0) Throw(code, kernel, call);
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (released) return;
            released = true;
            _ = Driver.cuDevicePrimaryCtxRelease(device);
        }
    }

    private void Throw(int code, string? kernel, string call)
    {
        string? details = !IsFatal(code) ? null
            : $"Work that was queued before has failed, and this process cannot use the device any more. The last launch was {LastLaunch ?? "none"}." +
              (CudaAccelerator.IsSynchronous ? "" : $" With {CudaAccelerator.SyncVariable}=1 every launch is waited for, and the error names its kernel.");
        throw new CudaException(Driver, code, call.Split('(')[0].Split('.')[^1], Name, kernel, details);
    }

    public readonly ref struct Scope(ICudaDriver driver)
    {
        public void Dispose()
        {
            nint before;
            _ = driver.cuCtxPopCurrent(&before);
        }
    }
}
