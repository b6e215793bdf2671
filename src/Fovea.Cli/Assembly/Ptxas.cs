using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fovea.Cli.Assembly;

/// <summary>What the assembler says of a kernel.</summary>
/// <param name="Accepted">Whether it was assembled.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="SharedBytes">Shared memory of a group.</param>
/// <param name="SpilledBytes">Bytes of registers that go through memory.</param>
/// <param name="StackBytes">Memory of a thread that is no spilled register.</param>
/// <param name="Log">Its words.</param>
internal sealed record AssemblerResult(bool Accepted, int Registers, int SharedBytes, int SpilledBytes, int StackBytes, string Log);

/// <summary>NVIDIA's assembler and disassembler, which need no card.</summary>
/// <param name="path">The assembler; the disassembler is looked for beside it.</param>
internal sealed partial class Ptxas(string path)
{
    /// <summary>Names the assembler where --ptxas does not.</summary>
    public const string Variable = "FOVEA_PTXAS";

    /// <summary>Finds the assembler: as told, by the environment, or on the PATH.</summary>
    public static string? Find(string? given)
    {
        if ((given ?? Environment.GetEnvironmentVariable(Variable)) is { Length: > 0 } path) return path;
        string name = OperatingSystem.IsWindows() ? "ptxas.exe" : "ptxas";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Its version, such as 11.8.</summary>
    public string Version() =>
        ReleasePattern().Match(Run(path, ["--version"]).Output) is { Success: true } match ? match.Groups[1].Value : "unknown";

    public AssemblerResult Assemble(string ptx, int sm, string cubin)
    {
        (int code, string output) = Run(path, ["-v", $"-arch=sm_{sm}", ptx, "-o", cubin]);
        int Number(Regex pattern) =>
            pattern.Match(output) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        int spilled = Number(SpillPattern());
        return new AssemblerResult(code == 0, Number(RegistersPattern()), Number(SharedPattern()), spilled, Number(StackPattern()), output);
    }

    /// <summary>The machine code of a kernel; null where there is no disassembler.</summary>
    public MachineCode? Disassemble(string cubin)
    {
        string tool = Path.Combine(Path.GetDirectoryName(path) ?? "", OperatingSystem.IsWindows() ? "nvdisasm.exe" : "nvdisasm");
        return File.Exists(tool) && Run(tool, ["-c", cubin]) is (0, var output) ? MachineCode.Parse(output) : null;
    }

    private static (int Code, string Output) Run(string program, string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (Win32Exception exception)
        {
            throw new FileNotFoundException(
                $"{program} cannot be started: {exception.Message}. Name NVIDIA's assembler with --ptxas or {Variable}.", exception);
        }
    }

    [GeneratedRegex(@"release (\d+\.\d+)")]
    private static partial Regex ReleasePattern();

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex RegistersPattern();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex SharedPattern();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex StackPattern();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex SpillPattern();
}
