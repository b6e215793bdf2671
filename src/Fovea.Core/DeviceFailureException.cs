namespace Fovea.Core;

/// <summary>A device or its driver has failed. The message names the call, the device and the kernel.</summary>
public class DeviceFailureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A device has no more memory.</summary>
public sealed class DeviceOutOfMemoryException(string message, Exception? inner = null) : DeviceFailureException(message, inner)
{
    /// <summary>The same with more to say, such as what the caller wanted the memory for.</summary>
    public DeviceOutOfMemoryException WithDetails(string details) => new($"{Message} {details}", this);
}
