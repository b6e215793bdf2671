using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fovea.Tests.Docs;

/// <summary>What README shows must compile as it stands.</summary>
public partial class SnippetTests
{
    private static IEnumerable<string> Snippets() => Fence().Matches(File.ReadAllText(Path.Combine(Repository(), "README.md"))).Select(match => match.Groups[1].Value);

    [Test]
    public void ReadmeHasItsExamples() => Assert.That(Snippets().Count(), Is.GreaterThanOrEqualTo(2));

    [TestCaseSource(nameof(Snippets))]
    public void ReadmeCompiles(string code)
    {
        bool isProgram = !code.Contains("class ", StringComparison.Ordinal);
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";
        var options = new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        string[] trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create("Snippet",
            [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(code)],
            trusted.Select(path => MetadataReference.CreateFromFile(path)), options);
        Assert.That(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), Is.Empty);
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException("The tests do not run below the repository.");
    }

    [GeneratedRegex("^```csharp\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
