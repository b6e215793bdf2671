using System.Globalization;
using Fovea.Core;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Product;

/// <summary>What running a candidate once has given.</summary>
/// <param name="Result">The numbers that it computed.</param>
/// <param name="Seconds">How long it took.</param>
internal readonly record struct Measurement(float[] Result, double Seconds);

/// <summary>Measures candidates and remembers the fastest of those that compute the right numbers, in a file.</summary>
/// <remarks>A damaged file counts as none. Without a tuner, tiles are chosen by <see cref="TileChoice"/>.</remarks>
internal sealed class TileTuner
{
    /// <summary>The environment variable that turns measuring on when it is 1.</summary>
    public const string TuneVariable = "FOVEA_TUNE";

    private readonly Lock gate = new();
    private readonly string device;
    private readonly Action<string> report;
    private readonly ChoiceFile choices;

    /// <summary>Makes a tuner.</summary>
    /// <param name="device">The device: its maker's name for it, and its driver.</param>
    /// <param name="folder">The folder for its file; null to remember choices in memory only.</param>
    /// <param name="report">Is told of candidates that fail, and of a file that cannot be written.</param>
    public TileTuner(string device, string? folder, Action<string>? report = null)
    {
        this.device = device;
        this.report = report ?? (message => System.Diagnostics.Trace.TraceWarning(message));
        choices = new ChoiceFile(ChoiceFile.PathOf(folder, device), this.report);
    }

    /// <summary>The tuner that the environment asks for, if it does.</summary>
    public static TileTuner? FromEnvironment(AcceleratorInfo device)
    {
        if (Environment.GetEnvironmentVariable(TuneVariable) != "1") return null;
        return new TileTuner($"{device.Name.Split(':')[0]} {device.Description}", ChoiceFile.Folder);
    }

    /// <summary>Sizes that are so near each other that the same tile serves them.</summary>
    public static string Bucket(ProductShape shape) => string.Create(
        CultureInfo.InvariantCulture, $"{Round(shape.Rows)}x{Round(shape.Columns)}x{Round(shape.Depth)}x{Round(shape.Groups)}");

    /// <summary>The fastest candidate: remembered, or measured now.</summary>
    /// <param name="key">What the candidates do.</param>
    /// <param name="candidates">Their names.</param>
    /// <param name="reference">The one whose numbers are right, and that is used if no other computes the same.</param>
    /// <param name="measure">Runs one.</param>
    public string Choose(string key, IReadOnlyList<string> candidates, string reference, Func<string, Measurement> measure)
    {
        lock (gate)
        {
            if (choices.Find(key) is { } known && candidates.Contains(known)) return known;
            Measurement right = measure(reference);
            (string fastest, double seconds) = (reference, right.Seconds);
            foreach (string candidate in candidates)
            {
                if (candidate != reference && Try(key, candidate, right.Result, measure) is { } time && time < seconds)
                    (fastest, seconds) = (candidate, time);
            }
            choices.Add(key, fastest);
            return fastest;
        }
    }

    private double? Try(string key, string candidate, float[] right, Func<string, Measurement> measure)
    {
        try
        {
            Measurement measured = measure(candidate);
            // Every tile adds in the same order, so the numbers are the same to the last bit.
            int wrong = measured.Result.Length != right.Length ? 0 : measured.Result.AsSpan().CommonPrefixLength(right);
            if (measured.Result.Length == right.Length && wrong == right.Length) return measured.Seconds;
            report($"{device}: {candidate} computes wrong numbers for {key}, the first at element {wrong}; it is not used.");
        }
        catch (Exception exception) when (exception is DeviceFailureException or KernelCompilationException or ArgumentException)
        {
            report($"{device}: {candidate} failed for {key} and is not used: {exception.Message}");
        }
        return null;
    }

    private static long Round(int size) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size);
}
