using System.Runtime.InteropServices;

namespace Fovea.Compute.Cuda;

/// <summary>The CUDA driver has refused a call or failed.</summary>
public sealed class CudaException : AcceleratorException
{
    internal CudaException(ICudaDriver driver, int code, string call, string device, string? kernel = null, string? details = null)
        : base($"{device}: {call} failed with {Describe(driver, code)}{(kernel is null ? "" : $" (kernel {kernel})")}.{(details is null ? "" : $"\n{details}")}") =>
        (Code, CodeName, Call, Kernel) = (code, NameOf(driver, code), call, kernel);

    /// <summary>The driver's return code, such as 719.</summary>
    public int Code { get; }

    /// <summary>The code's name, such as <c>CUDA_ERROR_LAUNCH_FAILED</c>.</summary>
    public string CodeName { get; }

    /// <summary>The function that returned it.</summary>
    public string Call { get; }

    /// <summary>The kernel it was about, if it was about one.</summary>
    public string? Kernel { get; }

    /// <summary>A code's name and what the driver says of it.</summary>
    internal static unsafe string Describe(ICudaDriver driver, int code)
    {
        byte* text = null;
        string name = NameOf(driver, code);
        return driver.cuGetErrorString(code, &text) == 0 && text != null ? $"{name}: {Marshal.PtrToStringUTF8((nint)text)}" : name;
    }

    private static unsafe string NameOf(ICudaDriver driver, int code)
    {
        byte* text = null;
        return driver.cuGetErrorName(code, &text) == 0 && text != null ? Marshal.PtrToStringUTF8((nint)text)! : $"code {code}";
    }
}

/// <summary>The return codes, device attributes and options that are used, as the driver's header numbers them.</summary>
internal static class CudaNumbers
{
    public const int OutOfMemory = 2, NoDevice = 100, CompilerNotFound = 221, CompilationDisabled = 223, NotSupported = 801;
    public const int MaxGroupSize = 1, MaxGroupX = 2, MaxGroupY = 3, MaxGroupZ = 4, MaxGridX = 5, MaxGridY = 6, MaxGridZ = 7, SharedBytes = 8,
        Multiprocessors = 16, ComputeMode = 20, UnitThreads = 39, CapabilityMajor = 75, CapabilityMinor = 76, SharedBytesOptIn = 97;
    public const int ComputeModeProhibited = 2;
    public const int FunctionMaxGroupSize = 0, FunctionSharedBytes = 1, FunctionLocalBytes = 3, FunctionRegisters = 4, FunctionMaxDynamicShared = 8;
    public const int InfoLog = 3, InfoLogSize = 4, ErrorLog = 5, ErrorLogSize = 6, InputPtx = 1;
    public const uint StreamNonBlocking = 1, EventWithoutTiming = 2;
    public const int CaptureThreadLocal = 1;

    /// <summary>Whether a kernel has broken its context: every later call fails with the same code.</summary>
    public static bool IsFatal(int code) => code is 700 or 702 or 710 or (>= 714 and <= 719);
}
