using System.Text.Json;
using Fovea.Core.Files;

namespace Fovea.Core.Tuning;

/// <summary>What was measured to be best, by a key, in a JSON file of strings. A damaged file counts as an empty one.</summary>
/// <remarks>
/// Several processes may use a file. Each reads it anew before it adds to it and puts it in place in one step, so a reader always
/// finds a whole file. Should two write in the same moment, one's entry is lost and will be measured again.
/// </remarks>
internal sealed class ChoiceFile
{
    /// <summary>The environment variable that names the folder for what was measured.</summary>
    public const string CacheVariable = "FOVEA_CACHE";

    private readonly Lock gate = new();
    private readonly string? path;
    private readonly Action<string> report;
    private Dictionary<string, string>? choices;

    /// <summary>Names a file. It is read when something is asked for.</summary>
    /// <param name="path">Where it is, or will be; null if nothing is kept longer than this object.</param>
    /// <param name="report">Is told of a file that is damaged or cannot be written; null for the trace.</param>
    public ChoiceFile(string? path, Action<string>? report = null) =>
        (this.path, this.report) = (path, report ?? (message => System.Diagnostics.Trace.TraceWarning(message)));

    /// <summary>The folder for what is measured on this machine; null if the environment variable is <c>off</c>.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable(CacheVariable) is { Length: > 0 } named
        ? named == "off" ? null : named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify), "fovea");

    /// <summary>The file of a device in a folder; null without a folder.</summary>
    public static string? PathOf(string? folder, string device) => folder is null
        ? null
        : Path.Combine(folder, $"tuning-{string.Concat(device.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'))}.json");

    /// <summary>What was chosen; null if nothing was.</summary>
    public string? Find(string key)
    {
        lock (gate) return (choices ??= Load()).GetValueOrDefault(key);
    }

    /// <summary>Remembers a choice.</summary>
    public void Add(string key, string choice)
    {
        lock (gate)
        {
            // What others have added meanwhile stays; what is known here but not there goes back.
            Dictionary<string, string> known = choices ?? [];
            choices = Load();
            foreach ((string old, string value) in known) choices.TryAdd(old, value);
            choices[key] = choice;
            Save();
        }
    }

    private Dictionary<string, string> Load()
    {
        if (path is null) return [];
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, ChoiceFileJson.Default.DictionaryStringString) ?? [];
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            if (File.Exists(path)) report($"{path} cannot be read and is written anew: {exception.Message}");
            return [];
        }
    }

    private void Save()
    {
        if (path is null) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            Dictionary<string, string> written = choices ?? [];
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, written, ChoiceFileJson.Default.DictionaryStringString));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report($"What was measured is not remembered: {exception.Message}");
        }
    }
}
