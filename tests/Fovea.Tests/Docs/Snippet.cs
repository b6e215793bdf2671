using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Fovea.Tests;

/// <summary>Compiles code as a project with the SDK's implicit usings would.</summary>
internal static class Snippet
{
    private const string GlobalUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
        + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    // An assembly of a name is loaded once only.
    private static int Compilations;

    /// <summary>Compiles files into one assembly: a program if one has statements of its own.</summary>
    public static CSharpCompilation Compile(IReadOnlyList<string> files)
    {
        SyntaxTree[] trees = [.. files.Prepend(GlobalUsings).Select(code => CSharpSyntaxTree.ParseText(code))];
        bool isProgram = trees.Any(tree => tree.GetRoot().ChildNodes().OfType<GlobalStatementSyntax>().Any());
        var options = new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable);
        string[] trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create($"Snippet{Interlocked.Increment(ref Compilations)}", trees,
            trusted.Select(path => MetadataReference.CreateFromFile(path)), options);
        Assert.That(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), Is.Empty);
        return compilation;
    }
}
