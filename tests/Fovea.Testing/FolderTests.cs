namespace Fovea.Testing;

/// <summary>Tests that write files: each has a folder of its own.</summary>
internal abstract class FolderTests
{
    private TempFolder? folder;

    protected TempFolder Folder => folder!;

    [SetUp]
    public void MakeFolder() => folder = new TempFolder();

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();
}
