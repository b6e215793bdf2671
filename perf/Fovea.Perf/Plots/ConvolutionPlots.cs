using System.Globalization;
using Fovea.Ops;
using Fovea.Verification;

namespace Fovea.Perf.Plots;

/// <summary>Measures convolutions over filter sizes and channels, and draws how long each algorithm takes and how exact it is.</summary>
/// <remarks>Of all runs the fastest is drawn: on a machine that others use too, medians show the others.</remarks>
internal static class ConvolutionPlots
{
    private static readonly (ConvolutionAlgorithm Algorithm, string Colour)[] Colours =
    [
        (ConvolutionAlgorithm.Direct, "#d62728"), (ConvolutionAlgorithm.ImplicitGemm, "#1f77b4"),
            (ConvolutionAlgorithm.Pointwise, "#8c564b"),
        (ConvolutionAlgorithm.Winograd2, "#ff7f0e"), (ConvolutionAlgorithm.Winograd4, "#2ca02c"), (ConvolutionAlgorithm.Fft, "#9467bd"),
    ];

    /// <summary>
    /// Measures and writes <c>filters-*.svg</c>, <c>channels-*.svg</c>, <c>error.svg</c> and the numbers behind them, <c>figures.csv</c>.
    /// </summary>
    /// <param name="folder">Where to.</param>
    /// <param name="threads">Threads to measure on.</param>
    /// <param name="seconds">How long to measure each algorithm at each pass.</param>
    public static void Draw(string folder, int threads, double seconds)
    {
        Directory.CreateDirectory(folder);
        using Device device = Device.Open("cpu", threads);
        var rows = new List<Row>();
        foreach (int size in new[] { 1, 3, 5, 7, 9, 11, 13 }) Measure("filters", size, Square(4, 48, 32, 32, size));
        foreach (int channels in new[] { 1, 2, 4, 8, 16, 32, 64, 128 }) Measure("channels", channels, Square(4, 48, channels, 64, 3));
        foreach (int channels in new[] { 1, 2, 4, 8, 16, 32, 64, 128 }) Measure("channels5", channels, Square(4, 48, channels, 64, 5));

        foreach (ConvolutionPass pass in Enum.GetValues<ConvolutionPass>())
        {
            string name = pass.Name();
            Write($"filters-{name}", Plot(rows, "filters", pass,
                $"4×48×48×32 → 32, {name}, {(threads == 1 ? "one thread" : $"{threads} threads")}", "filter size", false));
            Write($"channels-{name}", Plot(rows, "channels", pass,
                $"4×48×48×C → 64, 3×3, {name}, {(threads == 1 ? "one thread" : $"{threads} threads")}", "channels", true));
            Write($"channels5-{name}", Plot(rows, "channels5", pass,
                $"4×48×48×C → 64, 5×5, {name}, {(threads == 1 ? "one thread" : $"{threads} threads")}", "channels", true));
        }
        Write("error", Plot(rows, "filters", ConvolutionPass.Forward, "4×48×48×32 → 32, forward", "filter size", false,
            row => row.Result.MaxError) with
        {
            YLabel = "largest error / largest result",
            MarkCrossings = false,
        });
        File.WriteAllLines(Path.Combine(folder, "figures.csv"),
        [
            "sweep,value,pass,algorithm,min_ms,median_ms,workspace_bytes,max_error",
            .. rows.Select(row => string.Create(CultureInfo.InvariantCulture,
                $"{row.Sweep},{row.Value},{row.Result.Pass.Name()},{row.Result.Algorithm.Name()},"
                + $"{row.Result.MinMs:0.0000},{row.Result.MedianMs:0.0000},{row.Result.WorkspaceBytes},{row.Result.MaxError:0.00e+00}")),
        ]);

        void Measure(string sweep, int value, ConvolutionShape shape)
        {
            Console.Error.WriteLine($"{sweep} {value}");
            rows.AddRange(ConvolutionBenchmark.Run(device, shape, seconds: seconds).Select(result => new Row(sweep, value, result)));
        }

        void Write(string name, LinePlot plot) => File.WriteAllText(Path.Combine(folder, name + ".svg"), plot.ToSvg());
    }

    private static LinePlot Plot(List<Row> rows, string sweep, ConvolutionPass pass, string title, string axis, bool logarithmic,
        Func<Row, double>? value = null) => new(
        title, axis, "milliseconds",
        [
            .. from colour in Colours
               let points = rows.Where(row => row.Sweep == sweep && row.Result.Pass == pass && row.Result.Algorithm == colour.Algorithm)
                   .Select(row => ((double)row.Value, value?.Invoke(row) ?? row.Result.MinMs)).ToArray()
               where points.Length > 0
               select new Series(colour.Algorithm.Name(), colour.Colour, points),
        ])
        {
            Logarithmic = logarithmic,
        };

    private static ConvolutionShape Square(int images, int size, int channels, int filters, int taps) => new()
    {
        N = images,
        H = size,
        W = size,
        C = channels,
        K = filters,
        R = taps,
        S = taps,
        PadTop = taps / 2,
        PadLeft = taps / 2,
        PadBottom = taps / 2,
        PadRight = taps / 2,
    };

    private sealed record Row(string Sweep, int Value, ConvolutionMeasurement Result);
}
