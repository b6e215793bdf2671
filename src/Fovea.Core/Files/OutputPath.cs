namespace Fovea.Core.Files;

/// <summary>Checks of where files are to be written, with errors that name the place and not what the system calls it.</summary>
internal static class OutputPath
{
    private static readonly string[] SystemFolders = ["/dev/", "/proc/", "/sys/"];

    /// <summary>
    /// Checks that a path is a place for files: what stands in these folders is made by the system, and renaming a file to the name of
    /// a device puts it in the device's place.
    /// </summary>
    /// <exception cref="IOException">It is none.</exception>
    public static void CheckPlace(string path)
    {
        string full = Path.GetFullPath(path);
        bool isOfSystem = !OperatingSystem.IsWindows() && !full.StartsWith("/dev/shm/", StringComparison.Ordinal)
            && SystemFolders.Any(folder => full.StartsWith(folder, StringComparison.Ordinal));
        if (isOfSystem) throw new IOException($"{path} is a place of the system's devices, not of files. Choose another place.");
    }

    /// <summary>Makes a folder unless it is there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void MakeFolder(string folder)
    {
        CheckPlace(folder);
        if (Directory.Exists(folder)) return;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string reason = File.Exists(folder) ? "a file has that name" : "the folder above it is a file, or takes no new folders";
            throw new IOException($"The folder {folder} cannot be made: {reason}. Choose another place.", exception);
        }
    }

    /// <summary>Makes the folder of a file, and tries whether the file can be written there. What is there stays as it is.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    public static void CheckFile(string path)
    {
        CheckPlace(path);
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new IOException($"{path} is a folder, not a file that can be written. Name a file in it.");
        MakeFolder(Path.GetDirectoryName(full)!);
        using var attempt = new AtomicFile(full);
    }
}
