using System.Globalization;
using Fovea.Core.Tuning;

namespace Fovea.Diagnostics;

/// <summary>
/// The last failures of the command on this machine, in a file beside the choices of tuning, for reports of faults. It is never a failure
/// itself.
/// </summary>
public static class ErrorJournal
{
    private const int Lines = 20;

    private static string? Path => ChoiceFile.Folder is { } folder ? System.IO.Path.Combine(folder, "errors.log") : null;

    /// <summary>Notes a failure: the time, the kind, and the message in one line.</summary>
    public static void Add(Exception failure)
    {
        if (Path is not { } path) return;
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'} {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" | ")}");
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            Core.Files.AtomicFile.Write(path, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                foreach (string kept in Read().TakeLast(Lines - 1).Append(line)) writer.WriteLine(kept);
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>The failures that were noted, the oldest first.</summary>
    public static IReadOnlyList<string> Read()
    {
        try
        {
            return Path is { } path && File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
