using System.Diagnostics;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Dialect;
using Fovea.Tests.Data;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>
/// All kernels under Oclgrind, which executes OpenCL step by step and sees data races and accesses outside of memory. It runs in a
/// process of its own: there, an error ends nobody else.
/// </summary>
[NonParallelizable]
internal sealed class OclgrindTests
{
    // Debian's package, and what others install.
    private static readonly string[] Runtimes = ["/usr/lib/oclgrind/liboclgrind-rt-icd.so", "/usr/local/lib/liboclgrind-rt-icd.so"];

    [Test]
    [CancelAfter(600_000)]
    public async Task NoKernelRacesOrLeavesItsMemory(CancellationToken cancellation)
    {
        using var folder = new TempFolder();
        string runtime = Require(Runtimes, "the library of Oclgrind (liboclgrind-rt-icd.so; Debian's package oclgrind)"), log = folder["oclgrind.log"];
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        (int code, string output) = await Run(host, ["exec", Path.Combine(AppContext.BaseDirectory, "Fovea.Cli.dll"), "selftest", "--device", "opencl"], new()
        {
            ["OCL_ICD_VENDORS"] = runtime,
            ["OCLGRIND_DATA_RACES"] = "1",
            ["OCLGRIND_CHECK_API"] = "1",
            ["OCLGRIND_MAX_ERRORS"] = "20",
            ["OCLGRIND_LOG"] = log,
            ["FOVEA_CACHE"] = folder["cache"],
        }, cancellation);
        Assert.That(output, Does.Contain("Oclgrind Simulator"), output);
        Assert.That(code, Is.Zero, output);
        // Everything that convolutions choose among, forward and backward.
        foreach (string method in (string[])["implicit-gemm", "direct", "pointwise", "winograd2", "winograd4", "fft"]) Assert.That(output, Does.Match($@"pass +conv2d by {method}, "), method);
        Assert.That(File.Exists(log) ? File.ReadAllText(log).Trim() : "", Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task ARaceAndAnAccessOutsideAreSeen([Values] bool race, CancellationToken cancellation)
    {
        string tool = Require(["/usr/bin/oclgrind-kernel", "/usr/local/bin/oclgrind-kernel"], "oclgrind-kernel (Debian's package oclgrind)");
        using var folder = new TempFolder();
        CompiledKernel compiled = KernelCompiler.ToOpenCl(KernelSource.Of((Delegate)(race ? Racing : Outside)));
        File.WriteAllText(folder["kernel.cl"], compiled.Text);
        // One buffer of 16 floats, whose offset is 0: what the kernel's two parameters receive.
        File.WriteAllText(folder["kernel.sim"], $"{folder["kernel.cl"]}\n{compiled.EntryPoint}\n16 1 1\n16 1 1\n<size=64 fill=0>\n<size=8 fill=0>\n");
        (_, string output) = await Run(tool, ["--data-races", folder["kernel.sim"]], [], cancellation);
        Assert.That(output, Does.Contain(race ? "data race" : "Invalid write"));
    }

    [Kernel(GroupSize = 16)]
    private static void Racing(ArrayView<float> x)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(16);
        shared[Group.IdxX] = Group.IdxX;
        x[Group.IdxX] = shared[(Group.IdxX + 1) % 16];
    }

    [Kernel(GroupSize = 16)]
    private static void Outside(ArrayView<float> x) => x[Group.IdxX + 1] = 1;

    private static string Require(string[] places, string what)
    {
        if (places.FirstOrDefault(File.Exists) is { } found) return found;
        string reason = $"{what} is not installed.";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Ignore(reason);
        throw new InvalidOperationException(reason);
    }

    private static async Task<(int Code, string Output)> Run(string program, string[] arguments, Dictionary<string, string> environment, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        string output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, output + await error);
    }
}
