using Fovea.Core;

namespace Fovea.Execution;

/// <summary>
/// Work that a device has taken down and does again as often as wanted, with one call of its driver. The memory that the work uses
/// must live as long; what lies in it may change between two times. Dispose it before its device, or with it.
/// </summary>
public abstract class Recording : IDisposable
{
    /// <summary>Queues the work.</summary>
    /// <exception cref="ObjectDisposedException">The recording or its device has been disposed.</exception>
    /// <exception cref="DeviceFailureException">The driver refuses.</exception>
    public abstract void Replay();

    /// <summary>Gives up what was recorded, once it is not running.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives up what was recorded.</summary>
    protected abstract void Dispose(bool disposing);
}
