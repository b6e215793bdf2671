namespace Fovea.Core.Memory;

/// <summary>A block of a device's memory.</summary>
public abstract class DeviceBuffer(long length) : IDisposable
{
    /// <summary>The size in bytes.</summary>
    public long Length { get; } = length;

    /// <summary>What it is for, to be named when the device runs out of memory.</summary>
    public virtual string? Label { get; set; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    /// <param name="disposing">False when called by a finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
