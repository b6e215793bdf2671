namespace Fovea.Compute.Dialect;

/// <summary>What the kernel is being compiled for. Each query is a constant while compiling, so the branches not taken vanish.</summary>
public static class Target
{
    /// <summary>Whether the kernel runs as plain .NET, under the debugger.</summary>
    public static bool IsSimt => true;

    /// <summary>Whether it becomes OpenCL C.</summary>
    public static bool IsOpenCl => false;

    /// <summary>Whether it becomes PTX.</summary>
    public static bool IsPtx => false;

    /// <summary>Whether threads of a warp can exchange registers.</summary>
    public static bool HasShuffle => false;
}
