using System.CommandLine;
using System.Globalization;
using Fovea.Cli.Measurement;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Compilation;
using Fovea.Models;
using Fovea.Ops;
using Fovea.Verification;

namespace Fovea.Cli.Commands;

/// <summary>fovea bench</summary>
internal static class BenchCommand
{
    private static readonly Argument<string[]> Models =
        new("MODEL") { Description = "Networks to measure (default: lenet5 alexnet vgg16)", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string?> Mode = Arguments.Choice("--mode", "What to measure (default: both)", "train", "infer");

    private static readonly Option<int?> Batch =
        Arguments.Positive("--batch", "Images of one step (default: lenet5 64, alexnet 16, others 2 to train and 1 to infer)");

    private static readonly Option<double?> Seconds =
        Arguments.Number<double>(
        "--seconds", "How long to measure each (default: 2)", "a positive finite number", value => value > 0 && double.IsFinite(value));

    private static readonly Option<string?> Gemm =
        Arguments.Checked("--gemm", "M,N,K", "Measure a matrix product of M×K and K×N beside the processor's peak, on 1 and on all threads",
        text => ParseSizes(text));

    private static readonly Option<string?> Conv = Arguments.Checked(
        "--conv", ConvolutionOptions.ShapeFormat, "Measure every algorithm of a convolution of N images H×W×C with K filters R×S", text =>
            ConvolutionOptions.ParseShape(text));

    public static Command Create(Host host)
    {
        var command = new Command("bench", "Measure speed on random input: the median over repeats after warming up")
        {
            Models, Mode, Batch, Gemm, Conv, Seconds, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Json,
        };
        foreach (Option option in ConvolutionOptions.All) command.Add(option);
        command.SetAction((parse, token) => Task.FromResult(
            parse.GetValue(Conv) is { } shape ? RunConvolution(host, parse, ConvolutionOptions.ParseShape(shape), token)
            : parse.GetValue(Gemm) is { } sizes ? RunGemm(host, parse, ParseSizes(sizes), token) : RunModels(host, parse, token)));
        return command;
    }

    private static int RunModels(Host host, ParseResult parse, CancellationToken cancellation)
    {
        string[] names = parse.GetValue(Models) is { Length: > 0 } given ? given : ["lenet5", "alexnet", "vgg16"];
        ModelInfo[] models = [.. names.Select(ModelCatalog.Find)];
        string[] modes = parse.GetValue(Mode) is { } mode ? [mode] : ["train", "infer"];
        CompileOptions compile = ConvolutionOptions.From(parse);
        using Device device = SharedOptions.Open(host, parse);
        cancellation.ThrowIfCancellationRequested();
        bool json = parse.GetValue(SharedOptions.Json);
        var results = new List<BenchmarkResult>();
        host.Notice($"measuring on {device}");
        foreach (ModelInfo model in models)
        {
            foreach (string each in modes)
            {
                host.Life.Begin($"{model.Name} {each}");
                int batch = parse.GetValue(Batch) ?? DefaultBatch(model.Name, each == "train");
                BenchmarkResult result =
                    ModelBenchmark.Run(model, each == "train", batch, device, compile, parse.GetValue(Seconds) ?? 2, cancellation);
                results.Add(result);
                host.Notice(Show.Text($"{model.Name} {each}: {result.MedianMs:0.00} ms"));
            }
        }
        if (json)
        {
            host.Out.WriteJson(new { Device = device.Info.Name, device.Threads, results });
            return ExitCodes.Done;
        }
        var table = new TextTable("model", "mode", ">batch", ">median ms", ">min ms", ">images/s", ">GFLOP/s", ">memory");
        foreach (BenchmarkResult r in results)
            table.Add(r.Model, r.Mode, Show.Count(r.Batch), Show.Text($"{r.MedianMs:0.00}"), Show.Text($"{r.MinMs:0.00}"),
                Show.Text($"{r.ImagesPerSecond:0.0}"), Show.Text($"{r.Gflops:0.0}"), Show.Bytes(r.PeakBytes));
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }

    private static int RunGemm(Host host, ParseResult parse, (int M, int N, int K) sizes, CancellationToken cancellation)
    {
        if (parse.GetValue(Models) is { Length: > 0 } || parse.GetValue(Mode) is not null || parse.GetValue(Batch) is not null)
            throw new UsageException("--gemm measures a matrix product; it goes neither with models nor with --mode or --batch.");
        string name = parse.GetValue(SharedOptions.Device) ?? "auto";
        int maxThreads = parse.GetValue(SharedOptions.Threads) ?? Environment.ProcessorCount;
        var results = new List<GemmResult>();
        string opened = "";
        foreach (int threads in new[] { 1, maxThreads }.Distinct())
        {
            using Device device = SharedOptions.Open(host, name, threads);
            // Only the CPU backend's threads are ours to count.
            if (device.Info.Name == opened) break;
            if (device.Info.Name != "cpu") opened = device.Info.Name;
            host.Life.Begin(Show.Text($"measuring on {threads} threads"));
            results.Add(GemmBenchmark.Run(sizes.M, sizes.N, sizes.K, device, parse.GetValue(Seconds) ?? 2, cancellation));
        }
        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new { Device = opened is "" ? "cpu" : opened, Threads = maxThreads, sizes.M, sizes.N, sizes.K, results });
            return ExitCodes.Done;
        }
        var table = new TextTable(">threads", ">median ms", ">min ms", ">GFLOP/s", ">peak GFLOP/s", ">of peak");
        foreach (GemmResult r in results)
            table.Add(Show.Count(r.Threads), Show.Text($"{r.MedianMs:0.000}"), Show.Text($"{r.MinMs:0.000}"), Show.Text($"{r.Gflops:0.0}"),
                Show.Text($"{r.PeakGflops:0.0}"), r.PercentOfPeak is null ? "" : Show.Text($"{r.PercentOfPeak:0.0} %"));
        host.Result($"{sizes.M}×{sizes.K} times {sizes.K}×{sizes.N}");
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }

    private static int RunConvolution(Host host, ParseResult parse, ConvolutionShape shape, CancellationToken cancellation)
    {
        if (parse.GetValue(Models) is { Length: > 0 } || parse.GetValue(Mode) is not null || parse.GetValue(Batch) is not null
            || parse.GetValue(Gemm) is not null)
            throw new UsageException("--conv measures one convolution; it goes neither with models nor with --mode, --batch or --gemm.");
        if (parse.GetValue(ConvolutionOptions.Algorithm) is not null)
            throw new UsageException("--conv measures every algorithm; it does not go with --conv-algorithm.");
        ConvolutionBenchmark.Check(shape);
        CompileOptions compile = ConvolutionOptions.From(parse);
        using Device device = SharedOptions.Open(host, parse);
        host.Notice($"measuring on {device}");
        IReadOnlyList<ConvolutionMeasurement> results = ConvolutionBenchmark.Run(
            device, shape, compile, parse.GetValue(Seconds) ?? 1, Begin, cancellation);
        void Begin(ConvolutionPass pass)
        {
            host.Notice($"{pass.Name()} …");
            host.Life.Begin($"measuring the {pass.Name()}");
        }

        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new
            {
                Device = device.Info.Name,
                device.Threads,
                Shape = new
                {
                    Input = (int[])[shape.N, shape.H, shape.W, shape.C],
                    Filters = (int[])[shape.K, shape.R, shape.S, shape.GroupC],
                    Stride = (int[])[shape.StrideH, shape.StrideW],
                    Padding = (int[])[shape.PadTop, shape.PadLeft],
                    Dilation = (int[])[shape.DilationH, shape.DilationW],
                    shape.Groups,
                },
                Results = results.Select(r => new
                {
                    Algorithm = r.Algorithm.Name(),
                    Pass = r.Pass.Name(),
                    r.MedianMs,
                    r.Gflops,
                    r.WorkspaceBytes,
                    r.MaxError,
                    r.Chosen
                }),
            });
            return ExitCodes.Done;
        }
        string sizes = $"{shape.N}×{shape.H}×{shape.W}×{shape.C} with {shape.K} filters {shape.Window}";
        if (shape.Groups > 1) sizes += $" in {shape.Groups} groups";
        string work = Show.Text($"{shape.MultiplyAdds / 1e9:0.000} billion multiply-adds");
        host.Result($"{sizes}: {work}");
        var table = new TextTable("pass", "algorithm", ">median ms", ">min ms", ">GFLOP/s", ">workspace", ">max error", "auto");
        foreach (IGrouping<ConvolutionPass, ConvolutionMeasurement> pass in results.GroupBy(r => r.Pass))
        {
            if (pass.Key != ConvolutionPass.Forward) table.AddRule();
            foreach (ConvolutionMeasurement r in pass.OrderBy(r => r.MedianMs))
                table.Add(pass.Key.Name(), r.Algorithm.Name(), Show.Text($"{r.MedianMs:0.000}"), Show.Text($"{r.MinMs:0.000}"),
                    Show.Text($"{r.Gflops:0.0}"), Show.Bytes(r.WorkspaceBytes), Show.Text($"{r.MaxError:0.0e+00}"),
                    r.Chosen ? "chosen" : "");
        }
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }

    private static int DefaultBatch(string model, bool train) => model switch
    {
        "lenet5" => 64,
        "alexnet" or "alexnet-grouped" => 16,
        _ => train ? 2 : 1,
    };

    private static (int M, int N, int K) ParseSizes(string text)
    {
        int[] sizes = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
            ? size : 0)];
        return sizes.Length == 3 && sizes.All(size => size > 0)
            ? (sizes[0], sizes[1], sizes[2])
            : throw new UsageException($"'{text}' is not three sizes above 0, such as 1024,1024,1024.");
    }
}
