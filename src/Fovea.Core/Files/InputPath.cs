namespace Fovea.Core.Files;

/// <summary>Checks of files that are to be read, with errors that say what is at the path instead.</summary>
internal static class InputPath
{
    /// <summary>Checks that a file is there.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="IOException">A folder is there.</exception>
    public static void CheckFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw new IOException($"{path} is a folder, not a file. Name a file in it.");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file {path}.", path);
    }

    /// <summary>Checks that a folder is there.</summary>
    /// <exception cref="DirectoryNotFoundException">It is not.</exception>
    public static void CheckFolder(string path)
    {
        if (File.Exists(path)) throw new DirectoryNotFoundException($"{path} is a file, not a folder. Name its folder.");
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"There is no folder {path}.");
    }
}
