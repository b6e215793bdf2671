using System.CommandLine;
using System.Globalization;
using Fovea.Cli.Assembly;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Verification.Kernels;

namespace Fovea.Cli.Commands;

/// <summary>fovea kernels dump and check: PTX on disk, and what NVIDIA's assembler makes of it.</summary>
internal static class KernelsCheckCommand
{
    private const string DefaultSms = "75,80,86,90";

    private static readonly Argument<string> Target = new("DIR") { Description = "The folder to write" };

    private static readonly Argument<string?> Source =
        new("DIR") { Description = "A dump; without it one is made for sm_75, sm_80, sm_86 and sm_90", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> Language = Arguments.Choice("--target", "The language (default: ptx)", "ptx");

    private static readonly Option<string?> Sms =
        Arguments.Checked("--sm", "LIST", "Compute capabilities, such as 75,80,90", text => ParseSms(text));

    private static readonly Option<string?> Assembler =
        new("--ptxas") { Description = $"NVIDIA's assembler (default: {Ptxas.Variable}, then the PATH)", HelpName = "PATH" };

    public static Command CreateDump(Host host)
    {
        var command = new Command("dump", "Write every kernel as PTX, one file each, with an index") { Target, Language, Sms };
        command.SetAction((parse, token) =>
        {
            string directory = parse.GetRequiredValue(Target);
            int count = Dump(host, directory, parse, token).Count;
            host.Notice($"{count} files in {directory}");
            return Task.FromResult(ExitCodes.Done);
        });
        return command;
    }

    public static Command CreateCheck(Host host)
    {
        var command =
            new Command(
            "check",
            "Assemble a dump with NVIDIA's ptxas; fail if it rejects a kernel or spills registers, or if the PTX is slow or "
                + "wrong") { Source, Assembler, Sms, SharedOptions.Json };
        command.SetAction((parse, token) => Task.FromResult(Check(host, parse, token)));
        return command;
    }

    private static IReadOnlyList<DumpedKernel> Dump(Host host, string directory, ParseResult parse, CancellationToken cancellation)
    {
        IReadOnlyList<CatalogKernel> kernels = KernelsCommand.Listed(host, [], cancellation);
        host.Life.Begin("compiling kernels");
        return KernelDump.Write(
            directory, kernels, ParseSms(parse.GetValue(Sms) ?? DefaultSms), cancellation, (done, total) => Tell(host, done, total));
    }

    private static void Tell(Host host, int done, int total) => host.Life.Detail($"{done} of {total}", (double)done / total);

    private static int Check(Host host, ParseResult parse, CancellationToken cancellation)
    {
        string path = Ptxas.Find(parse.GetValue(Assembler))
            ?? throw new FileNotFoundException(
                $"NVIDIA's assembler ptxas was not found. It comes with the CUDA toolkit and needs no card: name it with --ptxas or "
                    + $"{Ptxas.Variable}.");
        var assembler = new Ptxas(path);
        string version = assembler.Version();
        string work = Directory.CreateTempSubdirectory("fovea-kernels-").FullName;
        try
        {
            string? given = parse.GetValue(Source);
            string directory = given ?? work;
            IReadOnlyList<DumpedKernel> kernels = given is null
                ? Dump(host, work, parse, cancellation)
                : KernelDump.Read(given);
            host.Notice($"{kernels.Count} kernels through ptxas {version}");
            host.Life.Begin("assembling kernels");
            int done = 0;
            CheckedKernel[] rows =
            [
                .. kernels.AsParallel().AsOrdered().WithCancellation(cancellation)
                    .Select(kernel =>
                    {
                        cancellation.ThrowIfCancellationRequested();
                        CheckedKernel row = CheckedKernel.Of(kernel, assembler, Path.Combine(directory, kernel.File),
                            Path.Combine(work, Path.ChangeExtension(kernel.File, "cubin")));
                        Tell(host, Interlocked.Increment(ref done), kernels.Count);
                        return row;
                    }),
            ];
            host.Life.End();
            return Report(host, rows, parse.GetValue(SharedOptions.Json));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static int Report(Host host, CheckedKernel[] rows, bool json)
    {
        CheckedKernel[] rejected = [.. rows.Where(row => !row.Accepted)],
            spilled = [.. rows.Where(row => row.SpilledBytes + row.StackBytes > 0)];
        CheckedKernel[] faulty = [.. rows.Where(row => row.Faults.Count > 0)];
        if (json) host.Out.WriteJson(new
        {
            Checked = rows.Length,
            Rejected = rejected.Length,
            Spilled = spilled.Length,
            Faulty = faulty.Length,
            kernels = rows
        });
        else
        {
            Table(rows).Write(host.Out, host.Width);
            host.Result(
                $"{rows.Length} kernels: {rejected.Length} rejected, {spilled.Length} with registers or arrays in memory, {faulty.Length} "
                    + $"with faults in the PTX");
        }
        foreach (CheckedKernel row in rejected)
            host.Complain($"{row.Kernel}.sm_{row.Sm} was rejected: {row.Log.ReplaceLineEndings(" ").Trim()}");
        foreach (CheckedKernel row in faulty) host.Complain($"{row.Kernel}.sm_{row.Sm} has {string.Join("; ", row.Faults)}");
        return rejected.Length + spilled.Length + faulty.Length > 0 ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static TextTable Table(CheckedKernel[] rows)
    {
        var table = new TextTable("kernel", ">sm", ">threads", ">registers", ">shared", ">spilled", ">groups/SM", ">FMA in hot loop",
            "loads in hot loop", "specialisation");
        foreach (CheckedKernel row in rows)
        {
            table.Add(
                row.Kernel, Show.Count(row.Sm), Show.Count(row.Threads), row.Accepted ? Show.Count(row.Registers) : "rejected",
                    Show.Count(row.SharedBytes),
                Show.Count(row.SpilledBytes + row.StackBytes), Show.Count(row.GroupsPerMultiprocessor),
                row.FmaShare is { } share ? Show.Text($"{100 * share:0.0} %") : "", row.Loads,
                row.Specialisation);
        }
        return table;
    }

    private static int[] ParseSms(string text)
    {
        int[] sms = [.. text.Split(',').Select(part => int.TryParse(
            part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int sm) ? sm : 0)];
        if (sms.All(PtxCompiler.Architectures.Contains)) return sms;
        throw new UsageException(
            $"'{text}' is no list of compute capabilities, of which there are {string.Join(", ", PtxCompiler.Architectures)}.");
    }

    /// <summary>A kernel as the assembler sees it; the fields are those of the JSON.</summary>
    private sealed record CheckedKernel(
        string Kernel, int Sm, int Threads, bool Accepted, int Registers, int SharedBytes, int SpilledBytes, int StackBytes,
            int GroupsPerMultiprocessor,
        double? FmaShare, string Loads, string Specialisation, IReadOnlyList<string> Faults, string Log)
    {
        public static CheckedKernel Of(DumpedKernel kernel, Ptxas assembler, string ptx, string cubin)
        {
            int threads = kernel.GroupSize.Aggregate(1, (product, size) => product * size);
            AssemblerResult result = assembler.Assemble(ptx, kernel.Sm, cubin);
            HotLoop? loop = result.Accepted ? assembler.Disassemble(cubin)?.Hottest : null;
            string loads = loop is null ? "" : string.Join(" ", loop.Loads.Select(load => $"{load.Value}×{load.Key}"));
            int groups = result.Accepted ? Occupancy.Groups(kernel.Sm, threads, result.Registers, result.SharedBytes) : 0;
            return new(
                kernel.Kernel, kernel.Sm, threads, result.Accepted, result.Registers, result.SharedBytes, result.SpilledBytes,
                    result.StackBytes, groups,
                loop?.Share, loads, kernel.Specialisation, [.. PtxFaults.Find(File.ReadAllText(ptx))], result.Accepted ? "" : result.Log);
        }
    }
}
