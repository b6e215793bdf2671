using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Fovea.Cli.Commands;
using Fovea.Cli.Output;

namespace Fovea.Cli;

/// <summary>The fovea command: parses arguments, runs a command, turns failures into exit codes.</summary>
internal sealed class CommandLine
{
    private const string Examples = """
        Examples:
          fovea train lenet5                          learn drawn digits; needs no file
          fovea train lenet5 --resume                 go on after an interruption
          fovea data get mnist                        download handwritten digits
          fovea train lenet5 --data mnist --augment shift:2
          fovea eval runs/lenet5-mnist                measure on the test images
          fovea predict runs/lenet5-mnist digit.png   say what an image shows
          fovea summary vgg16                         layers, sizes and work
          fovea bench alexnet --mode infer            how fast is this machine?

        Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 missing or damaged file, 4 device failure, 130 interrupted.
        """;

    private readonly Host host;
    private readonly Command root;

    public CommandLine(Host host)
    {
        this.host = host;
        var help = new HelpOption();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, host);
        // Not a RootCommand, which calls itself by the name of the file.
        root = new Command("fovea", "Fovea trains and runs convolutional networks.")
        {
            help,
            new VersionOption { Action = new ShowVersion() },
            TrainCommand.Create(host),
            EvalCommand.Create(host),
            PredictCommand.Create(host),
            SummaryCommand.Create(host),
            BenchCommand.Create(host),
            SelfTestCommand.Create(host),
            DataCommand.Create(host),
            KernelsCommand.Create(host),
            DevicesCommand.Create(host),
            DoctorCommand.Create(host),
        };
    }

    /// <summary>Runs one command.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken = default)
    {
        // Without arguments people want to see what there is.
        ParseResult parse = root.Parse(args.Count == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Help and the version are shown whatever else is on the line.
        if (parse.Action is not { ClearsParseErrors: true } && ParseErrors.UnknownOption(parse) is { } unknown)
            return ReportError(parse, unknown);
        if (parse.Action is ParseErrorAction) return ReportError(parse, ParseErrors.Describe(parse));
        try
        {
            // Signals, failures and exit codes are ours.
            var configuration = new InvocationConfiguration
            {
                Output = host.Out,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parse.InvokeAsync(configuration, cancellationToken);
        }
        catch (Exception failure)
        {
            host.Life.End();
            return ExitCodes.Report(failure, host);
        }
        finally
        {
            host.Life.End();
            host.Live?.End();
        }
    }

    private int ReportError(ParseResult parse, string problem)
    {
        host.Complain($"fovea: {problem} See: {ParseErrors.Path(parse.CommandResult)} --help");
        return ExitCodes.Usage;
    }

    private sealed class HelpWithExamples(HelpAction help, Host host) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Parent is null) WriteExamples();
            return code;
        }

        private void WriteExamples()
        {
            foreach (string line in Examples.Split('\n')) host.Result(line.TrimEnd('\r'));
        }
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            string version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine($"fovea {version.Split('+')[0]}");
            return ExitCodes.Done;
        }
    }
}
