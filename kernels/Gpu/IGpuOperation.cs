namespace Fovea.Gpu;

/// <summary>An operation that brings its own kernels.</summary>
public interface IGpuOperation
{
    /// <summary>
    /// Describes its launches; null if it has no kernels. Called once for each node when a graph is compiled for a device.
    /// </summary>
    Action<KernelLaunches>? OnGpu { get; }
}
