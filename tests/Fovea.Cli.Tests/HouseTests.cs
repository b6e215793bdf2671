using System.Text.RegularExpressions;
using Fovea.Cpu;
using Fovea.Gpu;
using Fovea.Graph;
using Fovea.Verification;
using ReflectedAssembly = System.Reflection.Assembly;

namespace Fovea.Cli.Tests;

/// <summary>What holds for the repository as a whole: references between projects, sizes of files, paths that documents name.</summary>
internal sealed partial class HouseTests
{
    private const int MaxLineLength = 140, MaxFileLength = 400;

    private static readonly string Root = FindRoot();

    // The folders of a backend that are no family of operations.
    private static readonly string[] Infrastructure = ["Devices", "Mathematics", "Threads", "Vectors", "bin", "obj"];

    // Where a part of the engine must be named to be one. Tests of its own it has besides.
    private static readonly string[] Extended = ["src/", "kernels/", "tests/Fovea.Testing/", "tests/Fovea.Tests/Models/"];

    private static readonly (ReflectedAssembly Assembly, string[] Allowed)[] Rooms =
    [
        (typeof(ComputationGraph).Assembly, []),
        (typeof(CpuBackend).Assembly, ["Fovea.Core"]),
        (typeof(GpuBackend).Assembly, ["Fovea.Core"]),
        (typeof(Device).Assembly, ["Fovea.Core", "Fovea.Cpu", "Fovea.Gpu"]),
        (typeof(SelfTest).Assembly, ["Fovea.Core", "Fovea.Cpu", "Fovea.Gpu", "Fovea"]),
    ];

    [TestCaseSource(nameof(Rooms))]
    public void ARoomKnowsOnlyTheRoomsBelow((ReflectedAssembly Assembly, string[] Allowed) room)
    {
        string[] known = [.. room.Assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("Fovea"))];
        Assert.That(known, Is.SubsetOf(room.Allowed));
    }

    [TestCase("kernels/Cpu")]
    [TestCase("kernels/Gpu")]
    public void ABackendHasTheFamiliesOfOperations(string backend)
    {
        IEnumerable<string> families = Folders("src/Fovea.Core/Ops");
        Assert.That(Folders(backend).Except(Infrastructure), Is.SubsetOf(families).And.Not.Empty);
    }

    [Test]
    public void SourceFilesAndTheirLinesAreShort()
    {
        string[] tooLong = [.. SourceFiles().SelectMany(TooLong)];
        Assert.That(tooLong, Is.Empty);
        Assert.That(SourceFiles().Count(), Is.GreaterThan(400));
    }

    [Test]
    public void PathsThatDocumentsNameAreThere()
    {
        string[] pages = [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md"), .. Directory.GetFiles(Root, "*.md")];
        string[] missing =
        [
            .. from page in pages
               where Path.GetFileName(page) != "CHANGELOG.md"
               from Match match in NamedPath().Matches(File.ReadAllText(page))
               where !Exists(match.Groups[1].Value)
               select $"{Path.GetFileName(page)}: {match.Groups[1].Value}",
        ];
        Assert.That(missing, Is.Empty);
    }

    // Sections of the page on extending, and the names by which files mention what each of them walks through.
    [TestCase("An operation", @"AveragePooling")]
    [TestCase("A layer", @"\bL2Pool2d\b")]
    [TestCase("A network", @"\b(class|new) AlexNet\b")]
    [TestCase("An optimizer", @"\bRmsProp\b")]
    [TestCase("An algorithm for convolutions", @"\bPointwise")]
    [TestCase("A device", @"\b(OpenClDevice|CpuBackend)\b")]
    public void TheFilesToExtendAreThoseThatNameTheExample(string heading, string names)
    {
        string page = File.ReadAllText(Path.Combine(Root, "docs", "extending.md"));
        string section = page[page.IndexOf($"## {heading}\n", StringComparison.Ordinal)..].Split("\n## ")[0];
        IEnumerable<string> listed = NamedPath().Matches(section).Select(match => match.Groups[1].Value).Where(IsSource).Distinct();
        IEnumerable<string> naming =
            from file in SourceFiles()
            let name = Path.GetRelativePath(Root, file).Replace(Path.DirectorySeparatorChar, '/')
            where Extended.Any(folder => name.StartsWith(folder, StringComparison.Ordinal))
                && Regex.IsMatch(File.ReadAllText(file), names)
            select name;
        Assert.That(listed, Is.EquivalentTo(naming));

        static bool IsSource(string path) => path.EndsWith(".cs", StringComparison.Ordinal);
    }

    [Test]
    public void LinesOfPagesAreShort()
    {
        string[] tooLong = [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").SelectMany(TooLongProse)];
        Assert.That(tooLong, Is.Empty);
    }

    /// <summary>Lines of a page that are too long. Rows of tables and what programs print cannot be broken.</summary>
    private static IEnumerable<string> TooLongProse(string page)
    {
        string[] lines = File.ReadAllLines(page);
        string? fence = null;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```")) fence = fence is null ? lines[i][3..] : null;
            if (lines[i].Length > MaxLineLength && fence != "" && !lines[i].StartsWith('|'))
                yield return $"{Path.GetFileName(page)}:{i + 1} has {lines[i].Length} columns";
        }
    }

    private static IEnumerable<string> TooLong(string file)
    {
        string[] lines = File.ReadAllLines(file);
        string name = Path.GetRelativePath(Root, file);
        if (lines.Length > MaxFileLength) yield return $"{name} has {lines.Length} lines";
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > MaxLineLength) yield return $"{name}:{i + 1} has {lines[i].Length} columns";
        }
    }

    private static IEnumerable<string> SourceFiles() =>
        from folder in (string[])["src", "kernels", "tests", "perf", "examples"]
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let parts = Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar)
        where !parts.Contains("bin") && !parts.Contains("obj")
        select file;

    private static IEnumerable<string> Folders(string path) =>
        Directory.GetDirectories(Path.Combine(Root, path)).Select(folder => Path.GetFileName(folder));

    private static bool Exists(string path)
    {
        string full = Path.Combine(Root, path.TrimEnd('/'));
        if (!path.Contains('*')) return File.Exists(full) || Directory.Exists(full);
        string folder = Path.GetDirectoryName(full)!;
        return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(full)).Any();
    }

    internal static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Engine.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"`((?:src|kernels|tests|perf|docs|examples)/[\w./*-]*)`")]
    private static partial Regex NamedPath();
}
