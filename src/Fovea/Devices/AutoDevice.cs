using Fovea.Core;
using Fovea.Gpu;
using Fovea.Gpu.Devices;

namespace Fovea;

/// <summary>A device that <c>auto</c> may open.</summary>
/// <param name="Name">The name that opens it.</param>
/// <param name="Description">What it is.</param>
/// <param name="Open">Opens it.</param>
internal sealed record AutoCandidate(string Name, string Description, Func<KernelDevice> Open);

/// <summary>Chooses what <c>auto</c> opens: the first candidate that computes right. Each is checked once.</summary>
/// <param name="candidates">Lists them, the best first.</param>
internal sealed class AutoDevice(Func<IEnumerable<AutoCandidate>> candidates)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, string Description), string?> problems = [];

    /// <summary>The choice among this machine's devices.</summary>
    public static AutoDevice Default { get; } = new(Candidates);

    /// <summary>Opens a device.</summary>
    /// <param name="warn">Is told of those that are passed over.</param>
    /// <returns>Null if no candidate is good.</returns>
    public Device? Open(Action<string> warn)
    {
        lock (gate)
        {
            foreach (AutoCandidate candidate in candidates())
            {
                if (Try(candidate) is { } device) return device;
                warn(Warning(candidate));
            }
            return null;
        }
    }

    /// <summary>Checks every candidate that was not checked yet.</summary>
    /// <returns>Those that are passed over, each with the reason.</returns>
    public IReadOnlyList<string> PassedOver()
    {
        lock (gate)
        {
            foreach (AutoCandidate candidate in candidates())
            {
                if (!problems.ContainsKey(Key(candidate))) Try(candidate)?.Dispose();
            }
            return [.. candidates().Where(candidate => problems[Key(candidate)] is not null).Select(Warning)];
        }
    }

    private static IEnumerable<AutoCandidate> Candidates() => GpuSupport.IsSupported
        ? GpuDevices.Candidates()
            .Select(device => new AutoCandidate(device.Info.Name, device.Info.Description, () => device.Open(long.MaxValue)))
        : [];

    private static (string Name, string Description) Key(AutoCandidate candidate) => (candidate.Name, candidate.Description);

    private string Warning(AutoCandidate candidate) =>
        $"{candidate.Name} ({candidate.Description}) is passed over: {problems[Key(candidate)]}";

    private Device? Try(AutoCandidate candidate)
    {
        if (problems.GetValueOrDefault(Key(candidate)) is not null) return null;
        Device? device = null;
        try
        {
            device = Device.Over(candidate.Open());
            if (!problems.TryGetValue(Key(candidate), out string? problem))
                problem = DeviceCheck.Run(device) is { } wrong ? $"its self-check failed: {wrong}." : null;
            problems[Key(candidate)] = problem;
            if (problem is null) return device;
        }
        catch (Exception exception)
        {
            // Whatever is wrong with a device, the next one may be good.
            problems[Key(candidate)] = $"its self-check failed: {exception.Message}";
        }
        Discard(device);
        return null;
    }

    private static void Discard(Device? device)
    {
        try
        {
            device?.Dispose();
        }
        catch (DeviceFailureException)
        {
            // It has failed already.
        }
    }
}
