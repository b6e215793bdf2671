using System.Diagnostics.CodeAnalysis;

namespace Fovea.Testing;

/// <summary>Tests that write files: each has a folder of its own.</summary>
[SuppressMessage("Design", "CA1001", Justification = "NUnit calls the method that disposes the folder after each test.")]
internal abstract class FolderTests
{
    private TempFolder? folder;

    protected TempFolder Folder => folder!;

    [SetUp]
    public void MakeFolder() => folder = new TempFolder();

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();
}
