using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Fovea.Core.Tuning;
using Fovea.Cpu.Vectors;
using Fovea.Data;
using Fovea.Gpu;
using Fovea.Gpu.Devices;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace Fovea.Diagnostics;

/// <summary>A fact with its name.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">Its value.</param>
public sealed record ReportFact(string Name, string Value);

/// <summary>A device, and whether it computes.</summary>
/// <param name="Name">The name that opens it.</param>
/// <param name="Description">What it is.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Units">Its multiprocessors or cores.</param>
/// <param name="Problem">What the self-check found wrong; null if nothing.</param>
public sealed record ReportDevice(string Name, string Description, long MemoryBytes, int Units, string? Problem);

/// <summary>A folder in which things are kept.</summary>
/// <param name="Name">What is kept.</param>
/// <param name="Path">Where; null if nothing is kept.</param>
/// <param name="Files">How many files there are.</param>
/// <param name="Bytes">How large they are.</param>
public sealed record ReportFolder(string Name, string? Path, int Files, long Bytes);

/// <summary>What one needs to know of a machine to understand a fault there.</summary>
/// <param name="Machine">System, runtime, processor.</param>
/// <param name="Drivers">Drivers of devices, with their versions.</param>
/// <param name="Devices">The devices, each after a self-check.</param>
/// <param name="Missing">Why devices that one might expect are not there.</param>
/// <param name="Caches">Folders in which things are kept.</param>
/// <param name="Environment">The environment variables that matter, as far as they are set.</param>
/// <param name="Errors">The last failures of the command.</param>
public sealed record SystemReport(
    IReadOnlyList<ReportFact> Machine,
    IReadOnlyList<ReportFact> Drivers,
    IReadOnlyList<ReportDevice> Devices,
    IReadOnlyList<string> Missing,
    IReadOnlyList<ReportFolder> Caches,
    IReadOnlyList<ReportFact> Environment,
    IReadOnlyList<string> Errors)
{
    private static readonly string[] Prefixes = ["FOVEA_", "CUDA_", "NVIDIA_", "OCL_", "POCL_", "DOTNET_", "XDG_CACHE_HOME"];

    /// <summary>Collects it. Every device is opened and checked, which takes seconds.</summary>
    /// <param name="progress">Is told the name of each device before it is checked; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two devices, or while one waits for kernels.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SystemReport Collect(IProgress<string>? progress = null, CancellationToken cancellationToken = default) => new(
        [
            new("fovea", typeof(SystemReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
            new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
            new("runtime",
                $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, "
                    + $"{RuntimeInformation.RuntimeIdentifier}"),
            new("processor", string.Create(CultureInfo.InvariantCulture,
                $"{System.Environment.ProcessorCount} cores, {(int)CpuFeatures.Simd}-bit vectors used")),
            new("instructions", string.Join(" ", Instructions())),
            new("memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB")),
        ],
        [.. DriverFacts()],
        [.. Device.List().Select(info => Check(info, progress, cancellationToken))],
        Device.Missing(),
        [Folder("tuning", ChoiceFile.Folder), Folder("data sets", DatasetCatalog.CacheRoot)],
        [
            .. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .Select(entry => new ReportFact((string)entry.Key, (string)entry.Value!))
                .Where(fact => Prefixes.Any(prefix => fact.Name.StartsWith(prefix, StringComparison.Ordinal)))
                    .OrderBy(fact => fact.Name, StringComparer.Ordinal),
        ],
        ErrorJournal.Read());

    private static IEnumerable<string> Instructions()
    {
        if (X86.X86Base.IsSupported) yield return "x86";
        if (X86.Sse42.IsSupported) yield return "sse4.2";
        if (X86.Avx.IsSupported) yield return "avx";
        if (X86.Avx2.IsSupported) yield return "avx2";
        if (X86.Fma.IsSupported) yield return "fma";
        if (X86.Avx512F.IsSupported) yield return "avx512f";
        if (X86.Avx512BW.IsSupported) yield return "avx512bw";
        if (X86.Avx512DQ.IsSupported) yield return "avx512dq";
        if (X86.AvxVnni.IsSupported) yield return "avxvnni";
        if (Arm.AdvSimd.IsSupported) yield return "advsimd";
        if (Arm.Dp.IsSupported) yield return "dotprod";
    }

    private static IEnumerable<ReportFact> DriverFacts()
    {
        // The kernel's part of NVIDIA's driver has its own word for its version.
        const string Module = "/proc/driver/nvidia/version";
        if (!GpuSupport.IsSupported)
        {
            yield return new("GPUs", GpuSupport.Problem);
            yield break;
        }
        yield return new("CUDA", GpuDevices.CudaDriverVersion is { } version ? version : "not installed");
        if (File.Exists(Module)) yield return new("NVIDIA's kernel module", File.ReadLines(Module).First());
        yield return new("OpenCL", GpuDevices.HasOpenCl ? "installed" : "not installed");
        yield return new("ILGPU", typeof(ILGPU.Context).Assembly.GetName().Version!.ToString(3));
    }

    private static ReportDevice Check(DeviceInfo info, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(info.Name);
        string? problem;
        try
        {
            using Device device = Device.Open(info.Name);
            problem = device.Check(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it is, it belongs into the report.
            problem = exception.Message;
        }
        return new(info.Name, info.Description, info.Memory, info.Units, problem);
    }

    private static ReportFolder Folder(string name, string? path)
    {
        try
        {
            FileInfo[] files = path is not null
                && Directory.Exists(path) ? [.. new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories)] : [];
            return new(name, path, files.Length, files.Sum(file => file.Length));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new($"{name} ({exception.Message})", path, 0, 0);
        }
    }
}
