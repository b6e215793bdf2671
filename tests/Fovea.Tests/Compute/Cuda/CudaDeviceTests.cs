using System.Reflection;
using System.Runtime.InteropServices;
using Fovea.Backends.Gpu;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Cuda;
using Fovea.Tests.Cli;
using Fovea.Tests.Ptx;
using static Fovea.Tests.ComputeTests.Cuda.CudaFixture;

namespace Fovea.Tests.ComputeTests.Cuda;

internal sealed class CudaDeviceTests
{
    [Test]
    public void CardsAreDescribed()
    {
        var driver = new FakeCudaDriver { Cards = { new FakeCard("Second", 12, 0) { Memory = 3L << 30 }, new FakeCard("Old", 6, 1), new FakeCard("Closed", 8, 9) { ComputeMode = 2 } } };
        CudaDevices found = CudaDevices.Discover(driver);
        Assert.That(found.Devices.Select(device => device.Info), Is.EqualTo(new[]
        {
            new AcceleratorInfo("cuda:0", "Fake 9000, compute capability 8.6, driver for CUDA 12.4", 1L << 30, 4, 1024, 99 << 10, true),
            new AcceleratorInfo("cuda:1", "Second, compute capability 12.0, driver for CUDA 12.4", 3L << 30, 4, 1024, 99 << 10, true),
        }));
        Assert.That(found.Devices.Select(device => device.Target), Is.EqualTo(new PtxTarget?[] { new PtxTarget(86, 8, 4), new PtxTarget(90, 8, 4) }));
        Assert.That(found.Problems, Is.EqualTo(new[]
        {
            "cuda:2 (Old, compute capability 6.1, driver for CUDA 12.4) cannot be used: kernels need compute capability 7.0 and a driver for CUDA 10.0.",
            "cuda:3 (Closed, compute capability 8.9, driver for CUDA 12.4) cannot be used: its compute mode prohibits contexts (nvidia-smi -c 0 allows them).",
        }));
        Assert.That(() => found[2], Throws.TypeOf<AcceleratorException>().With.Message.StartsWith("There is no device cuda:2. There are: cuda:0, cuda:1. cuda:2 (Old"));
        Assert.That(found.First.Index, Is.Zero);
        driver.Cards[0] = new FakeCard("Older", 5, 2);
        Assert.That(CudaDevices.Discover(driver).First.Index, Is.EqualTo(1), "one that can be used");
        driver.Cards.RemoveRange(0, 2);
        Assert.That(() => CudaDevices.Discover(driver).First, Throws.TypeOf<AcceleratorException>().With.Message.Contains("Old"));
        Assert.That(driver.Leaks, Is.Empty, "looking opens nothing");
    }

    [Test]
    public void ADriverWithoutCardsOrThatFailsSaysSo()
    {
        var without = new FakeCudaDriver();
        without.Cards.Clear();
        Assert.That(CudaDevices.Discover(without).Problems, Is.EqualTo(new[]
            { "NVIDIA's driver for CUDA 12.4 is installed, but it finds no device (CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected)." }));
        var failing = new FakeCudaDriver();
        failing.Fail("cuInit", 999);
        Assert.That(CudaDevices.Discover(failing).Problems, Is.EqualTo(new[] { "CUDA: cuInit failed with code 999." }));
        failing.Fail("cuDeviceGetName", FakeCudaDriver.InvalidValue);
        Assert.That(CudaDevices.Discover(failing).Problems, Is.EqualTo(new[] { "cuda:0: cuDeviceGetName failed with CUDA_ERROR_INVALID_VALUE." }));
    }

    // The release notes of the PTX manual: which CUDA brought which PTX.
    [TestCase(9020, null)]
    [TestCase(10000, "6.3")]
    [TestCase(10020, "6.5")]
    [TestCase(11000, "7.0")]
    [TestCase(11080, "7.8")]
    [TestCase(12000, "8.0")]
    [TestCase(12040, "8.4")]
    [TestCase(12050, "8.5")]
    [TestCase(12060, "8.5")]
    [TestCase(12080, "8.7")]
    [TestCase(12090, "8.8")]
    [TestCase(13000, "9.0")]
    [TestCase(14010, "9.0")]
    public void DriversTakeThePtxOfTheirTime(int driver, string? isa) =>
        Assert.That(CudaVersions.Isa(driver) is var (major, minor) ? $"{major}.{minor}" : null, Is.EqualTo(isa));

    [TestCase(70, 11080, "sm_70")]
    [TestCase(72, 11080, "sm_70")]
    [TestCase(89, 11080, "sm_89")]
    [TestCase(89, 11040, "sm_86")]
    [TestCase(90, 12040, "sm_90")]
    [TestCase(100, 12080, "sm_100")]
    [TestCase(103, 12090, "sm_100")]
    [TestCase(121, 13000, "sm_120")]
    [TestCase(61, 12040, null)]
    public void CardsRunTheNewestTargetThatAllKnow(int sm, int driver, string? target) =>
        Assert.That(CudaVersions.Target(sm, driver)?.Architecture, Is.EqualTo(target));

    [Test]
    public void AutoTakesTheFirstThatComputesRight()
    {
        FakeCudaDriver good = Emulated(), wrong = Emulated(), broken = Emulated(), closed = Emulated();
        // A card that runs kernels only now and then.
        wrong.Launcher = launch =>
        {
            if (wrong.LaunchesRun % 2 == 0) launch.Emulate();
        };
        broken.Launcher = _ => throw new PtxException(PtxError.Trap, "stop");
        closed.Fail("cuDevicePrimaryCtxRetain", FakeCudaDriver.OutOfMemory, always: true);
        var auto = new AutoDevice(() => [Candidate("wrong", wrong), Candidate("broken", broken), Candidate("closed", closed), Candidate("good", good), Candidate("later", Emulated())]);
        string[] reasons = ["wrong (Fake) is passed over: its self-check failed: run 1: ", "broken (Fake) is passed over: its self-check failed: cuda:0: ", "closed (Fake) is passed over: its self-check failed: cuda:0: cuDevicePrimaryCtxRetain failed"];
        for (int turn = 0; turn < 2; turn++)
        {
            List<string> warnings = [];
            int runs = wrong.LaunchesRun, checks = good.LaunchesRun;
            using Device device = auto.Open(warnings.Add)!;
            Assert.That(device.Info.Name, Is.EqualTo("cuda:0"));
            Assert.That(warnings, Has.Count.EqualTo(3));
            for (int i = 0; i < 3; i++) Assert.That(warnings[i], Does.StartWith(reasons[i]));
            Assert.That((wrong.LaunchesRun > runs, good.LaunchesRun > checks), Is.EqualTo((turn == 0, turn == 0)), "each is checked once");
        }
        Assert.That(auto.PassedOver(), Has.Count.EqualTo(3));
        Assert.That(good.GraphLaunches, Is.EqualTo(2), "recorded runs are checked too");
        Assert.That(good.Leaks.Concat(wrong.Leaks).Concat(closed.Leaks), Is.Empty);
        Assert.That(new AutoDevice(() => [Candidate("broken", broken)]).Open(_ => { }), Is.Null);

        static AutoCandidate Candidate(string name, FakeCudaDriver driver) => new(name, "Fake", () => Open(driver));
        static FakeCudaDriver Emulated() => new() { Machine = new PtxMachine(new PtxOptions { CheckUninitialised = false }) };
    }

    [Test]
    public void EveryCallOfTheInstalledDriverExists()
    {
        string[] names = [.. Natives().Select(method => method.GetCustomAttribute<DllImportAttribute>()!.EntryPoint ?? method.Name)];
        Assert.That(names, Has.Length.EqualTo(typeof(ICudaDriver).GetMethods().Length).And.Contains("cuMemAlloc_v2").And.Contains("cuLaunchKernel"));
        nint library = Library();
        Assert.That(names.Where(name => !NativeLibrary.TryGetExport(library, name, out _)), Is.Empty);
    }

    [Test]
    public unsafe void TheInstalledDriverAnswers()
    {
        Library();
        var driver = new CudaDriver();
        int version;
        Assert.That(driver.cuDriverGetVersion(&version), Is.Zero);
        Assert.That(version, Is.GreaterThanOrEqualTo(10000));
        Assert.That(CudaException.Describe(driver, 719), Is.EqualTo("CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure"));
        CudaDevices found = CudaDevices.Discover();
        if (found.Devices.Count > 0) Assert.Ignore("There is a card.");
        Assert.That(driver.cuInit(0), Is.EqualTo(100));
        Assert.That(found.Problems, Is.EqualTo(new[]
            { $"NVIDIA's driver for CUDA {CudaVersions.Name(version)} is installed, but it finds no device (CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected)." }));
        Assert.That(() => Device.Open("cuda"), Throws.TypeOf<DeviceException>().With.Message.StartsWith("The device 'cuda' cannot be opened: There is no device cuda:0. NVIDIA's driver"));
        Assert.That(Device.Missing(), Has.Member(found.Problems[0]));
    }

    [Test]
    public async Task DevicesAreListedWithWhatIsMissing()
    {
        CudaDevices found = CudaDevices.Discover();
        CliResult text = await CliRun.Run("devices"), json = await CliRun.Run("devices", "--json");
        foreach (string problem in found.Problems) Assert.That(text.Out, Does.Contain(problem));
        Assert.That(json.Json.GetProperty("missing").EnumerateArray().Select(line => line.GetString()), Is.SupersetOf(found.Problems));
        Assert.That(json.Json.GetProperty("passed_over").GetArrayLength(), Is.EqualTo(Device.PassedOver().Count));
        if (found.Devices.Count == 0) Assert.That(() => Device.Open("cuda:3"), Throws.TypeOf<DeviceException>().With.Message.Contains("There is no device cuda:3."));
    }

    private static IEnumerable<MethodInfo> Natives() => typeof(CudaDriver.Native).GetMethods(BindingFlags.Static | BindingFlags.Public).Where(method => method.Name.StartsWith("cu"));

    private static nint Library()
    {
        if (NativeLibraries.TryLoad(NativeLibraries.CudaLibrary, out nint library)) return library;
        const string Reason = "NVIDIA's driver library is not installed; FOVEA_LIBCUDA may name its file.";
        if (Environment.GetEnvironmentVariable("FOVEA_REQUIRE_CUDA_DRIVER") == "1") Assert.Fail(Reason);
        Assert.Ignore(Reason);
        return 0;
    }
}
