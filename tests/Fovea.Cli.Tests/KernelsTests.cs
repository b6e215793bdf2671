using System.Text.Json;
using Fovea.Cli.Assembly;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Gpu.Elementwise;
using Fovea.Testing;
using Fovea.Verification.Kernels;

namespace Fovea.Cli.Tests;

/// <summary>fovea kernels: list, show, dump, and check with NVIDIA's own assembler.</summary>
internal sealed class KernelsTests
{
    [Test]
    public async Task ListNamesWhatShowShows()
    {
        CliResult list = await CliRun.Run(["kernels", "list", "--model", "lenet5", "--json"]);
        using JsonDocument json = JsonDocument.Parse(list.Out);
        string name = json.RootElement.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("name").GetString()!)
            .First(name => name.StartsWith("MaxPooling.Forward", StringComparison.Ordinal));
        CliResult show = await CliRun.Run(["kernels", "show", name]);
        Assert.That(show.Code, Is.Zero, show.Error);
        Assert.That(show.Out, Does.Contain(".target sm_80").And.Contain(".visible .entry"));
        CliResult other = await CliRun.Run(["kernels", "show", name, "--sm", "75"]);
        Assert.That(other.Out, Does.Contain(".target sm_75").And.Contain(".visible .entry"));
    }

    [Test]
    public async Task ANameThatIsNoneOrManyIsExplained()
    {
        CliResult none = await CliRun.Run(["kernels", "show", "nothing"]);
        Assert.That(
            (none.Code, none.Error), Is.EqualTo((2, "fovea: there is no kernel 'nothing'. List them with: fovea kernels list" + "\n")));
        CliResult many = await CliRun.Run(["kernels", "show", "Multiply"]);
        Assert.That(many.Code, Is.EqualTo(2));
        Assert.That(many.Error, Does.Contain("could be TiledProduct.Multiply-"));
        CliResult architecture = await CliRun.Run(["kernels", "dump", "nowhere", "--sm", "80,42"]);
        Assert.That(architecture.Code, Is.EqualTo(2));
        Assert.That(
            architecture.Error, Does.Contain("'80,42' is no list of compute capabilities, of which there are 70, 75, 80, 86, 89, 90."));
        CliResult missing = await CliRun.Run(["kernels", "check", "--ptxas", "/nonexistent/ptxas"]);
        Assert.That(missing.Code, Is.EqualTo(3));
        Assert.That(missing.Error, Does.Contain("--ptxas"));
    }

    [Test]
    [CancelAfter(400_000)]
    public async Task TheAssemblerMakesFastCodeOfTheLargestTile(CancellationToken cancellation)
    {
        // The largest tile has the fewest registers to spare. Continuous integration checks every kernel for every architecture.
        using var folder = new TempFolder();
        CatalogKernel[] tight =
            [.. KernelCatalog.Of().Where(kernel => kernel.Source.Name.Contains("Tile128x128", StringComparison.Ordinal))];
        KernelDump.Write(folder["ptx"], tight, [80], cancellation);
        CliResult check = await CliRun.Run(["kernels", "check", folder["ptx"], "--ptxas", Assembler(), "--json"], cancellation);
        using JsonDocument json = JsonDocument.Parse(check.Out);
        JsonElement[] kernels = [.. json.RootElement.GetProperty("kernels").EnumerateArray()];
        Assert.That(kernels, Has.Length.GreaterThan(10));
        Assert.That(check.Code, Is.Zero, check.Error + string.Join(
            "\n", kernels.Where(kernel => Number(kernel, "spilled_bytes") + Number(kernel, "stack_bytes") > 0)));
        (string Operands, bool Vectors, double Share)[] bounds =
        [
            ("MatrixAlongDepth, MatrixAlongOuter, MatrixTarget", true, 0.88),
                ("MatrixAlongDepth, MatrixAlongDepth, MatrixTarget", true, 0.88),
            ("MatrixAlongOuter, MatrixAlongOuter, MatrixTarget", true, 0.88),
                ("MaskedPatchesAlongDepth, MatrixAlongDepth, MatrixTarget", true, 0.84),
            ("MaskedPatchesAlongDepth, MatrixAlongDepth, MatrixTarget", false, 0.72),
                ("MaskedPatchesAlongDepth, BackwardFilters, PhaseTarget", true, 0.8),
            ("MatrixAlongOuter, PatchesAlongOuter, MatrixTarget", true, 0.8),
        ];
        foreach ((string operands, bool vectors, double share) in bounds)
        {
            JsonElement kernel = kernels.Single(kernel => kernel.GetProperty("specialisation")
                .GetString()!.Contains($"Tile128x128x8, {operands}", StringComparison.Ordinal)
                && vectors != kernel.GetProperty("loads").GetString()!.Contains("LDG.32", StringComparison.Ordinal));
            Assert.That(kernel.GetProperty("fma_share").GetDouble(), Is.GreaterThanOrEqualTo(share), kernel.ToString());
            Assert.That(
                Number(kernel, "threads") * Number(kernel, "groups_per_multiprocessor"), Is.GreaterThanOrEqualTo(512), kernel.ToString());
        }

        static int Number(JsonElement kernel, string name) => kernel.GetProperty(name).GetInt32();
    }

    [TestCase("st.local.f32 [%rd1], %f1;", ExpectedResult = "memory of a thread")]
    [TestCase("ld.f32 %f1, [%rd1];", ExpectedResult = "a generic load")]
    [TestCase("st.v4.f32 [%rd1], {%f1,%f2,%f3,%f4};", ExpectedResult = "a generic load")]
    [TestCase("@!%p3 bra.uni L_1;", ExpectedResult = "a predicated bra.uni")]
    [TestCase("mov.f32 %f1, 0f00000001;", ExpectedResult = "the constant 0f00000001")]
    [TestCase("ld.global.v4.f32 {%f1,%f2,%f3,%f4}, [%rd1]; bra.uni L_1; @%p1 bra L_2; mov.f32 %f1, 0f3F800000; ld.param.b64 %rd1, [x];",
        ExpectedResult = "")]
    public string FaultsOfPtxAreNamed(string ptx) =>
        string.Join("; ", PtxFaults.Find(ptx).Select(fault => fault.Split([" (", " or ", ":"], StringSplitOptions.None)[0]));

    [Test]
    public async Task AKernelThatTheAssemblerRejectsFailsTheCheck()
    {
        string path = Assembler();
        using var folder = new TempFolder();
        using var compiler = new PtxCompiler(75);
        string text = compiler.Compile(new KernelSource(typeof(Fill).GetMethod(nameof(Fill.Run))!, new Dim3(256))).Text;
        Directory.CreateDirectory(folder["ptx"]);
        File.WriteAllText(Path.Combine(folder["ptx"], "Fill.ptx"), text.Replace("st.global", "st.globel", StringComparison.Ordinal));
        const string Names = """ "kernel":"Fill","method":"Fill","entry_point":"Fill","specialisation":"Fill" """;
        const string Index = $$"""{"kernels":[{"file":"Fill.ptx",{{Names}},"sm":75,"group_size":[256,1,1]}]}""";
        File.WriteAllText(Path.Combine(folder["ptx"], "index.json"), Index);
        CliResult check = await CliRun.Run(["kernels", "check", folder["ptx"], "--ptxas", path]);
        Assert.That(check.Code, Is.EqualTo(1));
        Assert.That(check.Error, Does.Contain("was rejected").And.Contain("globel"));
    }

    [Test]
    public void TheHottestLoopIsFoundInMachineCode()
    {
        const string listing = """
            .L_x_0:
                    /*0000*/                   IADD3 R1, R2, R3, RZ ;
                    /*0010*/              @P0 BRA `(.L_x_0) ;
            .L_x_1:
                    /*0020*/                   LDS.128 R4, [R1] ;
                    /*0030*/                   LDG.E.128.CONSTANT R8, [R2.64] ;
                    /*0040*/                   FFMA R0, R4, R8, R0 ;
                    /*0050*/                   FFMA R1, R5, R9, R1 ;
                    /*0060*/             @!P1 BRA `(.L_x_1) ;
                    /*0070*/                   EXIT ;
            .L_x_2:
                    /*0080*/                   BRA `(.L_x_2);
            """;
        HotLoop loop = MachineCode.Parse(listing).Hottest!;
        Assert.That((loop.Instructions, loop.MultiplyAdds), Is.EqualTo((5, 2)));
        Assert.That(loop.Loads, Is.EquivalentTo(new Dictionary<string, int> { ["LDS.128"] = 1, ["LDG.128"] = 1 }));
    }

    [TestCase(80, 256, 128, 16896, ExpectedResult = 2)]
    [TestCase(80, 256, 129, 16896, ExpectedResult = 1)]
    [TestCase(75, 256, 32, 0, ExpectedResult = 4)]
    [TestCase(90, 64, 32, 0, ExpectedResult = 32)]
    [TestCase(70, 128, 40, 49152, ExpectedResult = 2)]
    public int GroupsThatFitFollowTheLimits(int sm, int threads, int registers, int shared) =>
        Occupancy.Groups(sm, threads, registers, shared);

    private static string Assembler() => Ptxas.Find(null) ?? throw TestDevices.Missing(
        "NVIDIA's assembler ptxas was not found. It needs no card: run the tests by .ci/in-devices, or name it in FOVEA_PTXAS; "
            + "CONTRIBUTING.md says how.");
}
