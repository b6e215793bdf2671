using System.Globalization;
using System.Text.Json;
using Fovea.Compute;
using Fovea.Formats;

namespace Fovea.Backends.Gpu.Tuning;

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

    /// <summary>The environment variable that names the folder for what was measured.</summary>
    public const string CacheVariable = "FOVEA_CACHE";

    private readonly Lock gate = new();
    private readonly string path, device;
    private readonly Action<string> report;
    private Dictionary<string, string>? choices;

    /// <summary>Makes a tuner.</summary>
    /// <param name="device">The device: its maker's name for it, and its driver.</param>
    /// <param name="folder">The folder for its file.</param>
    /// <param name="report">Is told of candidates that fail, and of a file that cannot be written.</param>
    public TileTuner(string device, string folder, Action<string>? report = null)
    {
        this.device = device;
        this.report = report ?? (message => System.Diagnostics.Trace.TraceWarning(message));
        path = Path.Combine(folder, $"tuning-{string.Concat(device.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'))}.json");
    }

    /// <summary>The tuner that the environment asks for, if it does.</summary>
    public static TileTuner? FromEnvironment(AcceleratorInfo device)
    {
        if (Environment.GetEnvironmentVariable(TuneVariable) != "1") return null;
        string folder = Environment.GetEnvironmentVariable(CacheVariable) is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "fovea");
        return new TileTuner($"{device.Name.Split(':')[0]} {device.Description}", folder);
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
            choices ??= Load();
            if (choices.TryGetValue(key, out string? known) && candidates.Contains(known)) return known;
            Measurement right = measure(reference);
            (string fastest, double seconds) = (reference, right.Seconds);
            foreach (string candidate in candidates)
            {
                if (candidate != reference && Try(key, candidate, right.Result, measure) is { } time && time < seconds) (fastest, seconds) = (candidate, time);
            }
            choices[key] = fastest;
            Save();
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
        catch (Exception exception) when (exception is AcceleratorException or Compute.Compiler.KernelCompilationException or ArgumentException)
        {
            report($"{device}: {candidate} failed for {key} and is not used: {exception.Message}");
        }
        return null;
    }

    private Dictionary<string, string> Load()
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<Dictionary<string, string>>(stream) ?? [];
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            if (File.Exists(path)) report($"{path} cannot be read and is written anew: {exception.Message}");
            return [];
        }
    }

    private void Save()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, choices));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report($"What was measured is not remembered: {exception.Message}");
        }
    }

    private static long Round(int size) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size);
}
