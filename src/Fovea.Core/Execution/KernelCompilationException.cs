namespace Fovea.Execution;

/// <summary>A kernel cannot be compiled. The message names it and says what ILGPU or the driver said.</summary>
public sealed class KernelCompilationException(string message, Exception? inner = null) : Exception(message, inner);
