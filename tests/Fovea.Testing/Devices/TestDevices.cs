using System.Globalization;
using Fovea.Core;
using Fovea.Gpu.Devices;

namespace Fovea.Testing;

/// <summary>
/// The devices that tests run on. One that this machine lacks skips the test, and says what is missing; in continuous integration it fails
/// it.
/// </summary>
internal static class TestDevices
{
    // The table of devices that kernels run on: a name, and what opens it with at most so many bytes of memory.
    private static readonly Dictionary<string, Func<long, KernelDevice>> Table = new()
    {
        [GpuDevices.Debug] = limit => GpuDevices.TryOpen(GpuDevices.Debug, limit)!,
        [EmulatedDevice.Name] = limit => new EmulatedDevice(limit),
        ["opencl"] = limit => GpuDevices.TryOpen("opencl", limit)!,
    };

    private static readonly Dictionary<string, KernelDevice> Shared = [];

    /// <summary>The devices that kernels run on.</summary>
    public static IReadOnlyCollection<string> ForKernels => Table.Keys;

    /// <summary>
    /// Those that watch what kernels do. Every form of a kernel runs there; under OpenCL, whose compiler takes long for each, the forms
    /// that operations and networks use.
    /// </summary>
    public static IEnumerable<string> Watching => [GpuDevices.Debug, EmulatedDevice.Name];

    /// <summary>Those that a program can open by their names.</summary>
    public static IEnumerable<string> Named => Table.Keys.Where(name => name != EmulatedDevice.Name);

    /// <summary>Those for which kernels are compiled; the debugging device runs them as plain .NET.</summary>
    public static IEnumerable<string> Compiled => Table.Keys.Where(name => name != GpuDevices.Debug);

    /// <summary>The devices that networks run on.</summary>
    public static IEnumerable<string> ForNetworks => Table.Keys.Prepend("cpu");

    /// <summary>
    /// How many random cases to try on a device: fewer where kernels are interpreted, fewest where each case compiles some. The environment
    /// variable FOVEA_TEST_CASES multiplies the number, for a thorough run.
    /// </summary>
    public static int RandomCases(string device, int usual)
    {
        int share = device switch
        {
            "cpu" => 1,
            GpuDevices.Debug => 3,
            _ => 12,
        };
        int factor = int.TryParse(Environment.GetEnvironmentVariable("FOVEA_TEST_CASES"), CultureInfo.InvariantCulture, out int given)
            ? given : 1;
        return factor * Math.Max(3, usual / share);
    }

    /// <summary>Opens a device for kernels. Disposing it fails the test that has left memory in use.</summary>
    public static WatchedDevice Open(string name, long limit = long.MaxValue) => new(OpenUnwatched(name, limit));

    /// <summary>
    /// A device that all of the process share, with the kernels that it has compiled. What it keeps of their memory is theirs too: tests of
    /// memory open their own.
    /// </summary>
    public static WatchedDevice Share(string name)
    {
        lock (Shared)
        {
            if (!Shared.TryGetValue(name, out KernelDevice? device)) Shared.Add(name, device = OpenUnwatched(name));
            return new(device, keep: true);
        }
    }

    /// <summary>Opens a device for kernels that may be left in disorder.</summary>
    public static KernelDevice OpenUnwatched(string name, long limit = long.MaxValue)
    {
        try
        {
            return Table[name](limit);
        }
        catch (DeviceFailureException exception)
        {
            throw Missing($"{exception.Message} For a device without a card, run the tests by .ci/in-devices; CONTRIBUTING.md says how.");
        }
    }

    /// <summary>A device for networks on what <see cref="Share"/> gives.</summary>
    public static Device ShareForNetworks(string name) => name == "cpu" ? Device.Open(name, threads: 2) : Device.Over(Share(name));

    /// <summary>Opens a device for networks. Disposing it fails the test that has left memory in use.</summary>
    public static Device OpenForNetworks(string name, int threads = 2) =>
        name == "cpu" ? Device.Open(name, threads) : Device.Over(Open(name));

    /// <summary>Ends a test that needs what this machine lacks.</summary>
    public static Exception Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        else Assert.Ignore(reason);
        return new InvalidOperationException(reason);
    }
}
