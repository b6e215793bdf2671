using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Layers;
using Fovea.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Fovea.Tests;

/// <summary>What README and the pages on training and kernels show must compile as it stands, and give what they say.</summary>
[NonParallelizable]
public partial class SnippetTests
{
    // What the page says its fragments need.
    private const string PageUsings =
        "using Fovea.Core; using Fovea.Core.Memory; using Fovea.Gpu.Devices; using Fovea.Gpu.Devices.Operations; " +
        "using Fovea.Gpu.Mathematics; using ILGPU; using ILGPU.Runtime;";

    private const string TrainingUsings =
        "using Fovea; using Fovea.Data; using Fovea.Graph; using Fovea.Layers; using Fovea.Losses; using Fovea.Ops; " +
        "using Fovea.Optimizers; using Fovea.Training;";

    private static readonly Lazy<Assembly> KernelsPage = new(() => Load(Snippet.Compile(KernelsPageFiles())));

    private static IEnumerable<string> ReadmeSnippets() => Snippets("README.md");

    private static IEnumerable<string> TrainingSnippets() => Snippets("docs/training.md");

    private static bool IsDeclaration(string code) => code.StartsWith("public ", StringComparison.Ordinal);

    private static string InMethod(string code) =>
        $"public static class Fragment\n{{\npublic static void Run(Network network, Device device, IDataset train, IDataset "
            + $"test)\n{{\n{code}\n}}\n}}";

    private static IEnumerable<MethodInfo> PageKernels() =>
        KernelsPage.Value.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.ReturnType == typeof(void) && method.GetParameters().Any(parameter => IsView(parameter.ParameterType)));

    [Test]
    public void ReadmeHasItsExamples() => Assert.That(ReadmeSnippets().Count(), Is.GreaterThanOrEqualTo(2));

    [TestCaseSource(nameof(ReadmeSnippets))]
    public void ReadmeCompiles(string code) => Snippet.Compile([code]);

    [TestCaseSource(nameof(TrainingSnippets))]
    public void ThePageOnTrainingCompiles(string code) =>
        Snippet.Compile([$"{TrainingUsings}\n{(IsDeclaration(code) ? code : InMethod(code))}"]);

    [Test]
    public void TheNetworkOfThePageOnModulesHasTheNamesThatThePageSays()
    {
        Type type = Load(Snippet.Compile([string.Join('\n', Snippets("docs/modules.md"))])).GetType("SmallNetwork")!;
        var network = (Network)Activator.CreateInstance(type)!;
        network.Initialize();
        string page = File.ReadAllText(PathOf("docs/modules.md"));
        foreach (string name in (string[])["blocks.0.conv.weight", "branches.right.weight"])
        {
            Assert.That(network.Parameters.Select(parameter => parameter.Name), Has.Member(name));
            Assert.That(page, Does.Contain($"`{name}`"));
        }
        Assert.That(network.Buffers.Select(buffer => buffer.Name), Has.Member("blocks.1.norm.running_var"));
    }

    [Test]
    public void EveryKernelOfThePageBecomesPtx()
    {
        KernelSource[] kernels = [.. PageKernels().Select(Close)];
        Assert.That(kernels, Has.Length.GreaterThan(5));
        using var compiler = new PtxCompiler(80);
        foreach (KernelSource kernel in kernels) Assert.That(compiler.Compile(kernel).Text, Does.Contain(".entry"), kernel.Name);
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
    public void EveryKernelOfThePageCompilesForTheDevice(string name)
    {
        using WatchedDevice device = TestDevices.Open(name);
        foreach (KernelSource kernel in PageKernels().Select(Close)) device.Load(kernel).Prepare();
    }

    private static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ILGPU.ArrayView<>);

    /// <summary>A kernel with types that fit its constraints, and small specialized values.</summary>
    private static KernelSource Close(MethodInfo kernel)
    {
        MethodInfo closed = kernel.IsGenericMethodDefinition
            ? kernel.MakeGenericMethod([.. kernel.GetGenericArguments().Select(Implementation)]) : kernel;
        return new KernelSource(
            closed, new Dim3(256), [.. closed.GetParameters().Where(KernelSource.IsSpecialized).Select(_ => (object)4)]);

        static Type Implementation(Type parameter) =>
            KernelsPage.Value.GetTypes().First(type => type.IsValueType
                && parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)
                .All(constraint => constraint.IsAssignableFrom(type)));
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Named))]
    public void TheProgramOfThePagePrintsWhatThePageSays(string device)
    {
        TestDevices.Open(device).Dispose();
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

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.Named))]
    public void TheTestOfThePagePasses(string device)
    {
        TestDevices.Open(device).Dispose();
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
        return [.. snippets[true], $"{PageUsings}\npublic static class Fragments\n{{\n{members}\n}}"];
    }

    private static IEnumerable<string> Snippets(string page) =>
        Fence().Matches(File.ReadAllText(PathOf(page))).Select(match => match.Groups[1].Value);

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

    [GeneratedRegex("^```csharp\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
