namespace Fovea.Execution;

/// <summary>How far the compilation of kernels is.</summary>
/// <param name="Compiled">Kernels that are done.</param>
/// <param name="Total">Kernels in all that are waited for.</param>
public readonly record struct KernelProgress(int Compiled, int Total);
