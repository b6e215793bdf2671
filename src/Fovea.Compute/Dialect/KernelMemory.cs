using Fovea.Compute.Simt;

namespace Fovea.Compute.Dialect;

/// <summary>Memory that the threads of a group share.</summary>
public static class SharedMemory
{
    /// <summary>Shared memory, the same for every thread of the group that comes by this place in the code. Its contents are undefined at first.</summary>
    /// <param name="length">How many elements; known while compiling.</param>
    public static ArrayView<T> Allocate<T>(int length)
        where T : unmanaged => SimtThread.Current.AllocateShared<T>(length);
}

/// <summary>Memory of one thread: registers, where every index is known while compiling.</summary>
public static class LocalMemory
{
    /// <summary>Memory of the thread. Its contents are undefined at first.</summary>
    /// <param name="length">How many elements; known while compiling.</param>
    public static ArrayView<T> Allocate<T>(int length)
        where T : unmanaged => SimtThread.Current.AllocateLocal<T>(length);
}
