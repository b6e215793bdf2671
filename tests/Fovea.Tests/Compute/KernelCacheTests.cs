using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;
using Fovea.Compute.OpenCl;

namespace Fovea.Tests.ComputeTests;

[NonParallelizable]
internal sealed class KernelCacheTests
{
    private static readonly CompiledKernel Sample = new("K", "text\nof it", new Dim3(4, 3, 2), 96,
        [new(KernelParameterKind.Scalar, 2, 16, ScalarType.Float64), new(KernelParameterKind.Length, 1, 0, default)], [null, "A.cs:3"]);

    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("fovea-kernels-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void AnEntryComesBackWhole()
    {
        var cache = new KernelCache(Path.Combine(folder, "new", "folder"));
        cache.Add("ab12", Sample, [1, 2, 3]);
        (CompiledKernel kernel, byte[] binary) = cache.Find("ab12")!.Value;
        Assert.That(kernel with { Parameters = Sample.Parameters, Lines = Sample.Lines }, Is.EqualTo(Sample));
        Assert.That(kernel.Parameters, Is.EqualTo(Sample.Parameters));
        Assert.That(kernel.Lines, Is.EqualTo(Sample.Lines));
        Assert.That(binary, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(Directory.GetFiles(cache.Folder!), Is.EqualTo(new[] { cache.PathOf("ab12") }), "no temporary file stays");
        Assert.That(cache.Find("ab13"), Is.Null);
    }

    [Test]
    public void ADamagedEntryIsNoEntry()
    {
        var cache = new KernelCache(folder);
        cache.Add("a", Sample, [1, 2, 3]);
        byte[] whole = File.ReadAllBytes(cache.PathOf("a"));
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            File.WriteAllBytes(cache.PathOf("a"), damaged);
            Assert.That(cache.Find("a"), Is.Null, $"byte {i} was changed");
            File.WriteAllBytes(cache.PathOf("a"), whole[..i]);
            Assert.That(cache.Find("a"), Is.Null, $"only {i} bytes are left");
        }
        File.WriteAllBytes(cache.PathOf("b"), whole);
        Assert.That(cache.Find("b"), Is.Null, "the entry belongs to another kernel");
    }

    [Test]
    public void WhatCannotBeWrittenIsLeftOut()
    {
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "no folder");
        var cache = new KernelCache(file);
        cache.Add("a", Sample, []);
        Assert.That(cache.Find("a"), Is.Null);
    }

    [Test]
    public void TheOldestEntriesGoFirst()
    {
        var cache = new KernelCache(folder, limit: 5000);
        File.WriteAllBytes(Path.Combine(folder, "someone.else"), new byte[9000]);
        for (int i = 0; i < 10; i++)
        {
            cache.Add($"{i}", Sample, new byte[1000]);
            File.SetLastWriteTimeUtc(cache.PathOf($"{i}"), DateTime.UnixEpoch.AddYears(50).AddHours(i));
        }
        Assert.That(Enumerable.Range(0, 10).Where(i => cache.Find($"{i}") is not null), Is.EqualTo(new[] { 6, 7, 8, 9 }));
        Assert.That(File.Exists(Path.Combine(folder, "someone.else")));
    }

    [Test]
    public void TheEnvironmentNamesTheFolder()
    {
        string? before = Environment.GetEnvironmentVariable(KernelCache.Variable);
        try
        {
            Environment.SetEnvironmentVariable(KernelCache.Variable, folder);
            Assert.That(KernelCache.FromEnvironment().Folder, Is.EqualTo(folder));
            Environment.SetEnvironmentVariable(KernelCache.Variable, "off");
            Assert.That(KernelCache.FromEnvironment().Folder, Is.Null);
            Environment.SetEnvironmentVariable(KernelCache.Variable, null);
            Assert.That(KernelCache.FromEnvironment().Folder, Does.EndWith(Path.Combine("fovea", "kernels")));
        }
        finally
        {
            Environment.SetEnvironmentVariable(KernelCache.Variable, before);
        }
    }

    [Test]
    public void KernelsDifferByMethodTypesGroupAndConstants()
    {
        KernelSource[] sources =
        [
            KernelSource.Of(Texts.Add), KernelSource.Of(Texts.Scale), KernelSource.Of(Texts.Add, new Dim3(32)), KernelSource.Of(Generic<float>), KernelSource.Of(Generic<int>),
            KernelSource.Of(Folded, null, 0f, default(Affine)), KernelSource.Of(Folded, null, -0f, default(Affine)),
            KernelSource.Of(Folded, null, 0f, new Affine { Factor = double.NaN }), KernelSource.Of(Folded, null, 0f, new Affine { Term = 1 }),
            KernelSource.Of(Tabled, null, Numbers(0, 1)), KernelSource.Of(Tabled, null, Numbers(0, 2)),
        ];
        KernelIdentity[] identities = [.. sources.Select(KernelIdentity.Of)];
        Assert.That(identities, Is.Unique);
        Assert.That(identities.Select(identity => identity.Key("device", 1)), Is.Unique);
        Assert.That(KernelIdentity.Of(KernelSource.Of(Folded, null, 0f, new Affine { Factor = double.NaN })), Is.EqualTo(identities[7]));
        string key = identities[0].Key("device", 1);
        Assert.That(KernelIdentity.Of(KernelSource.Of(Texts.Add)).Key("device", 1), Is.EqualTo(key));
        Assert.That((string[])[identities[0].Key("another", 1), identities[0].Key("device", 2)], Has.None.EqualTo(key));
    }

    [Test]
    public void AKernelIsCompiledOnceForADevice()
    {
        var compiler = new TextCompiler();
        using OpenClAccelerator device = OpenClFixture.Open(compiler);
        Kernel first = device.Load(KernelSource.Of(Texts.Where, new Dim3(8), 1));
        Assert.That(device.Load(KernelSource.Of(Texts.Where, new Dim3(8), 1)), Is.SameAs(first));
        Assert.That(device.Load(KernelSource.Of(Texts.Where, new Dim3(8), 2)), Is.Not.SameAs(first));
        Assert.That(compiler.Compilations, Is.EqualTo(2));
    }

    [Test]
    public void ASecondStartDoesNotCompile()
    {
        Assert.That(Run(1), Is.EqualTo((10, 1)));
        Assert.That(Run(1), Is.EqualTo((10, 0)));
        // Another version of the compiler does.
        Assert.That(Run(2), Is.EqualTo((10, 1)));
    }

    [Test]
    public void ADamagedFileMeansCompilingAgain()
    {
        Assert.That(Run(1), Is.EqualTo((10, 1)));
        string file = Directory.GetFiles(folder).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 0x55;
        File.WriteAllBytes(file, bytes);
        Assert.That(Run(1), Is.EqualTo((10, 1)));
        Assert.That(Run(1), Is.EqualTo((10, 0)));
    }

    [TestCase(0)]
    [TestCase(100)]
    public void ABinaryThatTheDriverRefusesIsBuiltFromText(int binaryLength)
    {
        var compiler = new TextCompiler();
        OpenClDevice device = OpenClFixture.Device();
        var source = KernelSource.Of(Texts.Where, new Dim3(8), 10);
        string key = KernelIdentity.Of(source).Key(device.Identity, compiler.Version);
        new KernelCache(folder).Add(key, compiler.Compile(source, device.Target), new byte[binaryLength]);
        Assert.That(Run(1), Is.EqualTo((10, 0)));
        Assert.That(new FileInfo(Directory.GetFiles(folder).Single()).Length, Is.GreaterThan(1000), "the entry is mended");
    }

    private (int Value, int Compilations) Run(int version)
    {
        var compiler = new TextCompiler { Version = version };
        using OpenClAccelerator device = OpenClFixture.Open(compiler, new KernelCache(folder));
        using DeviceBuffer buffer = device.Allocate(8 * sizeof(int));
        device.Load(KernelSource.Of(Texts.Where, new Dim3(8), 10)).Launch(new Dim3(1), KernelArgument.View(buffer, 0, 8));
        int[] result = new int[8];
        device.Read(buffer, 0, MemoryMarshal.AsBytes(result.AsSpan()));
        return (result.Distinct().Single(), compiler.Compilations);
    }

    private static Table Numbers(int first, int second)
    {
        Table table = default;
        (table[0], table[1]) = (first, second);
        return table;
    }

    [InlineArray(2)]
    private struct Table
    {
        public int First;
    }

    [Kernel]
    private static void Tabled(ArrayView<float> x, [Constant] Table table) => Group.Barrier();

    [Kernel]
    private static void Generic<T>(ArrayView<T> x)
        where T : unmanaged => Group.Barrier();

    [Kernel]
    private static void Folded(ArrayView<float> x, [Constant] float alpha, [Constant] Affine map) => Group.Barrier();
}
