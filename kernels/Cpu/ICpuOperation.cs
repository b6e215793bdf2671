namespace Fovea.Cpu;

/// <summary>An operation that brings its own method for the CPU.</summary>
public interface ICpuOperation
{
    /// <summary>The method; null if it has none. Called on one thread in every run; it should allocate nothing.</summary>
    Action<CpuTensors>? OnCpu { get; }
}
