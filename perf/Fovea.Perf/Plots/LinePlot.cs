using System.Globalization;
using System.Text;

namespace Fovea.Perf.Plots;

/// <summary>One line of a plot.</summary>
internal sealed record Series(string Name, string Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Lines over logarithmic or even axes, as SVG. Places where the lowest line changes are marked.</summary>
internal sealed record LinePlot(string Title, string XLabel, string YLabel, IReadOnlyList<Series> Series)
{
    private const double Width = 720, Height = 440, Left = 70, Right = 130, Top = 44, Bottom = 54;

    /// <summary>Whether the horizontal axis has a place for each value rather than a scale.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Whether to mark where another line becomes the lowest.</summary>
    public bool MarkCrossings { get; init; } = true;

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        double[] xs = [.. Series.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()];
        double[] ys = [.. Series.SelectMany(line => line.Points).Select(point => point.Y)];
        double low = Math.Pow(10, Math.Floor(Math.Log10(ys.Min()))), high = Math.Pow(10, Math.Ceiling(Math.Log10(ys.Max())));
        double X(double x) => Left + ((Width - Left - Right) * (Scale(x) - Scale(xs[0])) / Math.Max(1e-9, Scale(xs[^1]) - Scale(xs[0])));
        double Y(double y) => Top + ((Height - Top - Bottom) * Math.Log(high / y) / Math.Log(high / low));

        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        Text(svg, Width / 2, 22, Title, "middle", 15);
        Text(svg, (Left + Width - Right) / 2, Height - 14, XLabel, "middle", 12);
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text transform=\"translate(18 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{YLabel}</text>\n");
        for (double power = low; power <= high * 1.001; power *= 10)
        {
            for (int digit = 1; digit < 10 && power * digit <= high * 1.001; digit++)
            {
                double y = Y(power * digit);
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<path d=\"M{Left} {y:0.0}H{Width - Right}\" stroke=\"{(digit == 1 ? "#aaa" : "#eee")}\"/>\n");
                if (digit == 1) Text(svg, Left - 6, y + 4, power.ToString("0.#########", CultureInfo.InvariantCulture), "end", 12);
            }
        }
        foreach (double x in xs) Text(svg, X(x), Height - Bottom + 18, x.ToString(CultureInfo.InvariantCulture), "middle", 12);
        foreach (Series line in Series)
        {
            string path = string.Join(" ", line.Points.Select(
                (point, i) => string.Create(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{X(point.X):0.0} {Y(point.Y):0.0}")));
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" fill=\"none\" stroke=\"{line.Colour}\" stroke-width=\"2\"/>\n");
            foreach ((double x, double y) in line.Points)
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(x):0.0}\" cy=\"{Y(y):0.0}\" r=\"3\" fill=\"{line.Colour}\"/>\n");
        }
        Legend(svg);
        if (MarkCrossings)
        {
            foreach ((double from, double to) in Crossings(xs))
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<path d=\"M{(X(from) + X(to)) / 2:0.0} {Top}V{Height - Bottom}\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>\n");
        }
        return svg.Append("</svg>\n").ToString();
    }

    private double Scale(double x) => Logarithmic ? Math.Log(x) : x;

    private void Legend(StringBuilder svg)
    {
        for (int i = 0; i < Series.Count; i++)
        {
            double y = Top + 14 + (20 * i);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<path d=\"M{Width - Right + 12} {y - 4}h18\" stroke=\"{Series[i].Colour}\" stroke-width=\"3\"/>\n");
            Text(svg, Width - Right + 36, y, Series[i].Name, "start", 12);
        }
    }

    /// <summary>Neighbouring values between which another line becomes the lowest.</summary>
    private IEnumerable<(double From, double To)> Crossings(double[] xs)
    {
        string? Best(double x) =>
            Series.Where(line => line.Points.Any(point => point.X == x)).MinBy(line => line.Points.First(point => point.X == x).Y)?.Name;
        for (int i = 1; i < xs.Length; i++)
        {
            if (Best(xs[i - 1]) != Best(xs[i])) yield return (xs[i - 1], xs[i]);
        }
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, int size) =>
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{text}</text>\n");
}
