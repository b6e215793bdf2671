using System.Runtime.InteropServices;

namespace Fovea.Compute.Simt;

/// <summary>Lets one thread wait for its turn. A turn that is given before the wait begins is not lost.</summary>
/// <remarks>
/// On Linux a semaphore of the system's library. .NET's own events take a lock inside, for which the woken thread, on the same
/// processor as the one that wakes it, would have to wait at once: that made turns nearly three times as long.
/// </remarks>
internal sealed unsafe partial class BatonSignal
{
    private const int SemaphoreBytes = 64;

    private readonly void* semaphore;
    private readonly ManualResetEventSlim? signal;

    public BatonSignal()
    {
        if (OperatingSystem.IsLinux())
        {
            semaphore = NativeMemory.AlignedAlloc(SemaphoreBytes, SemaphoreBytes);
            if (Initialize(semaphore, 0, 0) == 0) return;
        }
        signal = new(false, 1);
    }

    ~BatonSignal() => NativeMemory.AlignedFree(semaphore);

    public void Give()
    {
        if (signal is null) _ = Post(semaphore);
        else signal.Set();
        // The thread that was woken may end, and with it the last use of this object, before Post returns.
        GC.KeepAlive(this);
    }

    public void Wait()
    {
        if (signal is null)
        {
            // A signal to the process may end the wait early.
            while (Wait(semaphore) != 0)
            {
            }
            return;
        }
        signal.Wait();
        signal.Reset();
    }

    [LibraryImport("libc", EntryPoint = "sem_init")]
    private static partial int Initialize(void* semaphore, int isShared, uint value);

    [LibraryImport("libc", EntryPoint = "sem_post")]
    private static partial int Post(void* semaphore);

    [LibraryImport("libc", EntryPoint = "sem_wait")]
    private static partial int Wait(void* semaphore);
}
