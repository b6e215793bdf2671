using System.Text.RegularExpressions;
using Fovea.Backends.Gpu;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Kernels.Simt.Fft;
using Fovea.Kernels.Simt.Gemm;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>Every kernel in every specialisation that networks use compiles, and the text has the properties its speed rests on.</summary>
internal sealed class GeneratedCodeTests
{
    private static readonly IReadOnlyList<CatalogKernel> Catalog = KernelCatalog.Of();

    private static IEnumerable<CatalogKernel> Products => Catalog.Where(kernel => kernel.Source.Method.DeclaringType == typeof(TiledProduct) && kernel.Source.Method.Name == nameof(TiledProduct.Multiply));

    [Test]
    public void EveryKernelBecomesOpenClWithoutMemoryForRegisters()
    {
        foreach (CatalogKernel kernel in Catalog)
        {
            string text = KernelCompiler.ToOpenCl(kernel.Source).Text;
            Assert.That(text, Does.Not.Contain("__private uchar"), kernel.Name);
            Assert.That(text, Does.Contain("FP_CONTRACT OFF"), kernel.Name);
        }
    }

    [Test]
    public void EveryKernelBecomesPtx([Values(70, 80, 90)] int sm)
    {
        foreach (CatalogKernel kernel in Catalog)
        {
            CompiledKernel compiled = KernelCompiler.ToPtx(kernel.Source, PtxTarget.For(sm));
            Assert.That(compiled.Text, Does.Not.Contain(".local"), kernel.Name);
            Assert.That(compiled.Text, Does.Contain($".target sm_{sm}"));
            Assert.That(compiled.Lines, Has.Count.EqualTo(compiled.Text.TrimEnd('\n').Split('\n').Length));
        }
    }

    [Test]
    public void ProductsMultiplyAndAddInRegistersAndReadSharedMemorySixteenBytesAtATime()
    {
        foreach (CatalogKernel kernel in Products)
        {
            Type tile = kernel.Source.Method.GetGenericArguments()[0];
            int Size(string name) => (int)tile.GetProperty(name)!.GetValue(null)!;
            int rows = Size("ThreadRows"), columns = Size("ThreadColumns"), depth = Size("Depth");
            string text = KernelCompiler.ToPtx(kernel.Source, PtxTarget.For(80)).Text;
            Assert.That(Regex.Count(text, @"fma\.rn\.f32"), Is.EqualTo(rows * columns * depth), kernel.Name);
            Assert.That(Regex.Count(text, @"ld\.shared\.v4\.f32"), Is.EqualTo(depth * (rows + columns) / 4), kernel.Name);
            Assert.That(text, Does.Not.Match(@"ld\.shared\.f32"), kernel.Name);
        }
    }

    [Test]
    public void VectorAccessIsUsedWhereSizesAllowIt()
    {
        CatalogKernel[] vectors = [.. Products.Where(kernel => (Options(kernel) & (TiledProduct.VectorA | TiledProduct.VectorB)) == (TiledProduct.VectorA | TiledProduct.VectorB))];
        Assert.That(vectors, Is.Not.Empty);
        foreach (CatalogKernel kernel in vectors)
        {
            string text = KernelCompiler.ToPtx(kernel.Source, PtxTarget.For(80)).Text;
            Assert.That(text, Does.Match(@"ld\.global(\.nc)?\.v4\.f32"), kernel.Name);
            string loop = text[..text.IndexOf("fma.rn", StringComparison.Ordinal)];
            Assert.That(loop, Does.Not.Match(@"ld\.global(\.nc)?\.f32"), kernel.Name);
        }

        static int Options(CatalogKernel kernel) => (int)kernel.Source.Constants[0];
    }

    [Test]
    public void TheSameKernelBecomesTheSameText()
    {
        foreach (CatalogKernel kernel in Catalog.Take(10))
        {
            string first = KernelCompiler.ToOpenCl(kernel.Source).Text;
            Assert.That(KernelCompiler.ToOpenCl(kernel.Source).Text, Is.EqualTo(first));
        }
        Assert.That(KernelCatalog.Of("lenet5").Select(kernel => kernel.Name), Is.SubsetOf(Catalog.Select(kernel => kernel.Name)));
    }

    [Test]
    public void TransformsOfEverySideAndEndAreListed()
    {
        string[] names = [.. Catalog.Select(kernel => kernel.Name)];
        foreach ((int side, Type type) in new[] { (8, typeof(Side8)), (16, typeof(Side16)), (32, typeof(Side32)) })
        {
            foreach (int role in new[] { TileTransform.Left, TileTransform.Right }) Assert.That(names, Has.Member(NameOf(nameof(TileTransform.Forward), role)));
            foreach (int options in new[] { 0, TileTransform.Bias, TileTransform.Relu, TileTransform.Bias | TileTransform.Relu, TileTransform.Add })
                Assert.That(names, Has.Member(NameOf(nameof(TileTransform.Inverse), options)));

            string NameOf(string method, int option) =>
                KernelCatalog.NameOf(new KernelSource(typeof(TileTransform).GetMethod(method)!.MakeGenericMethod(type), new Dim3(128), 256 / side, option));
        }
    }

    [Test]
    public void EveryPassCanBeListed()
    {
        KernelSource source = KernelSource.Of(SnapshotKernels.LeakyRelu);
        foreach (string pass in KernelCompiler.Passes) Assert.That(KernelCompiler.Listing(source, pass), Does.Contain("Store").And.Contain("SnapshotKernels.cs:"));
        Assert.That(() => KernelCompiler.Listing(source, "wrong"), Throws.ArgumentException.With.Message.Contains("translate"));
    }

    // What reviewers see when a change of the compiler changes its output. FOVEA_SNAPSHOTS=write renews the files.
    [TestCase(nameof(SnapshotKernels.LeakyRelu))]
    [TestCase(nameof(SnapshotKernels.SumOfGroup))]
    [TestCase(nameof(SnapshotKernels.SmallProduct))]
    public void GeneratedTextIsAsInTheSnapshot(string kernel)
    {
        var source = new KernelSource(typeof(SnapshotKernels).GetMethod(kernel)!);
        Check($"{kernel}.cl", KernelCompiler.ToOpenCl(source).Text);
        Check($"{kernel}.ptx", KernelCompiler.ToPtx(source, PtxTarget.For(80)).Text);
    }

    private static void Check(string name, string text, [System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        string built = Path.Combine(AppContext.BaseDirectory, "Snapshots", name);
        if (Environment.GetEnvironmentVariable("FOVEA_SNAPSHOTS") == "write") File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "Snapshots", name), text);
        else Assert.That(text, Is.EqualTo(File.ReadAllText(built).ReplaceLineEndings("\n")), $"{name} has changed. If it should, renew the snapshots with FOVEA_SNAPSHOTS=write and look at the difference.");
    }
}
