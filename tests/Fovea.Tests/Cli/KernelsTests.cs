using System.Text.Json;
using Fovea.Cli.Assembly;
using Fovea.Tests.Data;
using Fovea.Tests.Devices;

namespace Fovea.Tests.Cli;

/// <summary>fovea kernels: list, show, dump, and check with NVIDIA's own assembler.</summary>
internal sealed class KernelsTests
{
    [Test]
    public async Task ListNamesWhatShowShows()
    {
        CliResult list = await CliRun.Run(["kernels", "list", "--model", "lenet5", "--json"]);
        using JsonDocument json = JsonDocument.Parse(list.Out);
        string name = json.RootElement.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("name").GetString()!).First(name => name.StartsWith("MaxPooling.Forward", StringComparison.Ordinal));
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
        Assert.That((none.Code, none.Error), Is.EqualTo((2, "fovea: there is no kernel 'nothing'. List them with: fovea kernels list" + "\n")));
        CliResult many = await CliRun.Run(["kernels", "show", "Multiply"]);
        Assert.That(many.Code, Is.EqualTo(2));
        Assert.That(many.Error, Does.Contain("could be TiledProduct.Multiply-"));
        CliResult architecture = await CliRun.Run(["kernels", "dump", "nowhere", "--sm", "80,42"]);
        Assert.That(architecture.Code, Is.EqualTo(2));
        Assert.That(architecture.Error, Does.Contain("'80,42' is no list of compute capabilities, of which there are 70, 75, 80, 86, 89, 90."));
        CliResult missing = await CliRun.Run(["kernels", "check", "--ptxas", "/nonexistent/ptxas"]);
        Assert.That(missing.Code, Is.EqualTo(3));
        Assert.That(missing.Error, Does.Contain("--ptxas"));
    }

    [Test]
    [CancelAfter(400_000)]
    public async Task TheAssemblerTakesEveryKernelWithoutSpilling(CancellationToken cancellation)
    {
        string path = Assembler();
        using var folder = new TempFolder();
        CliResult dump = await CliRun.Run(["kernels", "dump", folder["ptx"], "--sm", "80,90"], cancellation);
        Assert.That(dump.Code, Is.Zero, dump.Error);
        CliResult check = await CliRun.Run(["kernels", "check", folder["ptx"], "--ptxas", path, "--json"], cancellation);
        using JsonDocument json = JsonDocument.Parse(check.Out);
        Assert.That(json.RootElement.GetProperty("checked").GetInt32(), Is.EqualTo(Directory.GetFiles(folder["ptx"], "*.ptx").Length).And.GreaterThan(200));
        Assert.That(check.Code, Is.Zero, string.Join("\n", json.RootElement.GetProperty("kernels").EnumerateArray()
            .Where(kernel => !kernel.GetProperty("accepted").GetBoolean() || kernel.GetProperty("spilled_bytes").GetInt32() > 0).Select(kernel => kernel.ToString())));
        foreach (JsonElement kernel in json.RootElement.GetProperty("kernels").EnumerateArray().Where(kernel => kernel.GetProperty("specialisation").GetString()!.Contains("Tile128x128", StringComparison.Ordinal)))
        {
            double share = kernel.GetProperty("fma_share").GetDouble();
            bool isConvolution = kernel.GetProperty("specialisation").GetString()!.Contains("Patches", StringComparison.Ordinal);
            Assert.That(share, Is.GreaterThan(isConvolution ? 0.70 : 0.85), kernel.ToString());
        }
    }

    [Test]
    public async Task AKernelThatTheAssemblerRejectsFailsTheCheck()
    {
        string path = Assembler();
        using var folder = new TempFolder();
        await CliRun.Run(["kernels", "dump", folder["ptx"], "--sm", "75"]);
        string broken = Directory.GetFiles(folder["ptx"], "Fill*.ptx")[0];
        File.WriteAllText(broken, File.ReadAllText(broken).Replace("st.global", "st.globel", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder["ptx"], "index.json"), $$"""{"kernels":[{"file":"{{Path.GetFileName(broken)}}","kernel":"Fill","method":"Fill","entry_point":"Fill","specialisation":"Fill","sm":75,"group_size":[256,1,1]}]}""");
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
    public int GroupsThatFitFollowTheLimits(int sm, int threads, int registers, int shared) => Occupancy.Groups(sm, threads, registers, shared);

    private static string Assembler() => Ptxas.Find(null) ?? throw TestDevices.Missing(
        "NVIDIA's assembler ptxas was not found. It needs no card: run the tests by .ci/in-devices, or name it in FOVEA_PTXAS; CONTRIBUTING.md says how.");
}
