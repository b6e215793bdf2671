namespace Fovea.Testing;

/// <summary>
/// The folder of reference cases and real data that lies beside a checkout. It is not part of the repository; a test that needs
/// it is skipped where it is absent, except in continuous integration, where absence is a failure unless <c>FOVEA_SHARED</c> is
/// <c>none</c>.
/// </summary>
internal static class SharedFiles
{
    private const string None = "none";

    private static readonly string? Named = Environment.GetEnvironmentVariable("FOVEA_SHARED");

    private static readonly string? Root = Find();

    /// <summary>Gives the full path of a file or folder below the shared folder, or ends the test with the reason.</summary>
    public static string Require(string relativePath)
    {
        string? path = Root is null ? null : Path.Combine(Root, relativePath);
        if (path is not null && (File.Exists(path) || Directory.Exists(path)))
            return path;

        string reason = $"'{relativePath}' is not in {Root ?? "../shared"}; set FOVEA_SHARED to the folder that holds it.";
        if (Environment.GetEnvironmentVariable("CI") == "true" && Named != None)
            Assert.Fail(reason);
        else
            Assert.Ignore(reason);
        throw new InvalidOperationException(reason);
    }

    private static string? Find()
    {
        if (Named == None) return null;
        if (Named is { Length: > 0 }) return Named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string beside = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(Path.Combine(beside, "reference")))
                return beside;
        }
        return null;
    }
}
