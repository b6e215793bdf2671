using System.Diagnostics;

namespace Fovea.Ptx.Tests;

/// <summary>Makes whole modules of a kernel's body, and asks NVIDIA's assembler about them where it is at hand.</summary>
internal static class KernelText
{
    private const string Registers = """
            .reg .pred %p<16>;
            .reg .b16 %h<16>;
            .reg .b32 %r<64>;
            .reg .b64 %d<32>;
            .reg .f32 %f<64>;
            .reg .f64 %g<16>;
            .reg .u32 %u<4>;
            .reg .s32 %s<4>;
        """;

    public static string Module(string parameters, string body, string directives = "", string before = "", int sm = 70) => $$"""
        .version {{(sm < 80 ? "6.3" : "7.0")}}
        .target sm_{{sm}}
        .address_size 64
        {{before}}
        .visible .entry k({{parameters}})
        {{directives}}
        {
        {{Registers}}
        {{body}}
            ret;
        }
        """;

    public static PtxEntry Kernel(string parameters, string body, string directives = "", string before = "", int sm = 70)
    {
        string text = Module(parameters, body, directives, before, sm);
        (bool accepted, string? message) = Assemble(text, sm);
        Assert.That(accepted, Is.True, message);
        return PtxModule.Parse(text)["k"];
    }

    /// <summary>Whether the assembler that FOVEA_PTXAS names takes the text; without one, yes.</summary>
    public static (bool Accepted, string? Message) Assemble(string text, int sm = 70)
    {
        if (Assembler is not { } assembler)
            return (true, null);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            using Process process = Process.Start(new ProcessStartInfo(assembler, [$"-arch=sm_{sm}", file, "-o", "/dev/null"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            string message = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode == 0, message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Ends a test that is about the assembler where there is none; in continuous integration that is a failure.</summary>
    public static void RequireAssembler()
    {
        if (Assembler is not null)
            return;
        const string Reason = "FOVEA_PTXAS does not say where NVIDIA's assembler is.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(Reason);
        Assert.Ignore(Reason);
    }

    public static string? Assembler => Environment.GetEnvironmentVariable("FOVEA_PTXAS") is { Length: > 0 } named ? named : null;
}
