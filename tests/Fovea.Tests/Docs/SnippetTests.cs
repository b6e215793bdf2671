using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Fovea.Core;
using Fovea.Gpu.Devices;
using Fovea.Tests.ComputeTests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Fovea.Tests.Docs;

/// <summary>What README and the pages on kernels show must compile as it stands, and give what they say.</summary>
[NonParallelizable]
public partial class SnippetTests
{
    private const string GlobalUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";

    private static readonly Lazy<Assembly> KernelsPage = new(() => Load(Compile(KernelsPageFiles())));

    private static IEnumerable<string> ReadmeSnippets() => Snippets("README.md");

    private static IEnumerable<MethodInfo> PageKernels() =>
        KernelsPage.Value.GetTypes().SelectMany(type => type.GetMethods()).Where(method => method.IsDefined(typeof(KernelAttribute)));

    [Test]
    public void ReadmeHasItsExamples() => Assert.That(ReadmeSnippets().Count(), Is.GreaterThanOrEqualTo(2));

    [TestCaseSource(nameof(ReadmeSnippets))]
    public void ReadmeCompiles(string code) => Compile([code]);

    [Test]
    public void EveryKernelOfThePageBecomesTextForDevices()
    {
        MethodInfo[] kernels = [.. PageKernels()];
        Assert.That(kernels, Has.Length.GreaterThan(5));
        foreach (MethodInfo kernel in kernels)
        {
            MethodInfo closed = kernel.IsGenericMethodDefinition ? kernel.MakeGenericMethod([.. kernel.GetGenericArguments().Select(Implementation)]) : kernel;
            object[] constants = [.. closed.GetParameters().Where(KernelSource.IsConstant).Select(_ => (object)4)];
            var source = new KernelSource(closed, null, constants);
            Assert.That(KernelCompiler.ToOpenCl(source).Text, Does.Contain("__kernel"), source.Name);
            Assert.That(KernelCompiler.ToPtx(source, PtxTarget.For(80)).Text, Does.Contain(".entry"), source.Name);
        }

        static Type Implementation(Type parameter) =>
            KernelsPage.Value.GetTypes().First(type => type.IsValueType && parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface).All(constraint => constraint.IsAssignableFrom(type)));
    }

    [TestCase("simt")]
    [TestCase("opencl")]
    public void TheProgramOfThePagePrintsWhatThePageSays(string device)
    {
        if (device == "opencl") OpenClFixture.Device();
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            KernelsPage.Value.EntryPoint!.Invoke(null, [new[] { device }]);
        }
        finally
        {
            Console.SetOut(console);
        }
        string printed = output.ToString().Trim();
        Assert.That(printed, Does.StartWith(device));
        Assert.That(File.ReadAllText(PathOf("docs/kernels.md")), Does.Contain(printed));
    }

    [Test]
    public void ThePageOnTheCompilerShowsWhatBecomesOfTheExample()
    {
        var source = new KernelSource(PageKernels().Single(kernel => kernel.DeclaringType!.Name == "Softshrink"));
        // Where the code lies is not known of an assembly in memory.
        string page = Origin().Replace(File.ReadAllText(PathOf("docs/compiler.md")), "");
        Assert.That(page, Does.Contain(KernelCompiler.ToOpenCl(source).Text));
        Assert.That(page, Does.Contain(KernelCompiler.ToPtx(source, PtxTarget.For(80)).Text));
        foreach (string pass in (string[])["translate", "branch", "final"]) Assert.That(page, Does.Contain(Origin().Replace(KernelCompiler.Listing(source, pass), "")), pass);
    }

    [TestCase("simt")]
    [TestCase("opencl")]
    public void TheTestOfThePagePasses(string device)
    {
        if (device == "opencl") OpenClFixture.Device();
        Type fixture = KernelsPage.Value.GetTypes().Single(type => type.IsDefined(typeof(TestFixtureAttribute)));
        MethodInfo[] tests = [.. fixture.GetMethods().Where(method => method.IsDefined(typeof(TestAttribute)))];
        Assert.That(tests, Is.Not.Empty);
        foreach (MethodInfo test in tests) test.Invoke(Activator.CreateInstance(fixture, device), null);
    }

    /// <summary>What begins with a using is a file; the rest are members of one class.</summary>
    private static List<string> KernelsPageFiles()
    {
        ILookup<bool, string> snippets = Snippets("docs/kernels.md").ToLookup(code => code.StartsWith("using ", StringComparison.Ordinal));
        string members = string.Join('\n', snippets[false]);
        return [.. snippets[true], $"using Fovea.Compute; using Fovea.Compute.Dialect; using Fovea.Core.Memory;\npublic static class Fragments\n{{\n{members}\n}}"];
    }

    private static IEnumerable<string> Snippets(string page) => Fence().Matches(File.ReadAllText(PathOf(page))).Select(match => match.Groups[1].Value);

    private static CSharpCompilation Compile(IReadOnlyList<string> files)
    {
        SyntaxTree[] trees = [.. files.Prepend(GlobalUsings).Select(code => CSharpSyntaxTree.ParseText(code))];
        bool isProgram = trees.Any(tree => tree.GetRoot().ChildNodes().OfType<Microsoft.CodeAnalysis.CSharp.Syntax.GlobalStatementSyntax>().Any());
        var options = new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable);
        string[] trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create("Snippet", trees, trusted.Select(path => MetadataReference.CreateFromFile(path)), options);
        Assert.That(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), Is.Empty);
        return compilation;
    }

    private static Assembly Load(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image);
        Assert.That(result.Success, string.Join('\n', result.Diagnostics));
        image.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(image);
    }

    private static string PathOf(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln"))) return Path.Combine(folder.FullName, file);
        }
        throw new DirectoryNotFoundException("The tests do not run below the repository.");
    }

    [GeneratedRegex(@" +; \S*$", RegexOptions.Multiline)]
    private static partial Regex Origin();

    [GeneratedRegex("^```csharp\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
