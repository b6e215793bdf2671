using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Verification.Tests;

/// <summary>Products and convolutions of random sizes, within the error bound of their sums: γ_n · Σ|a·b|.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class RandomShapeTests(string device) : DeviceTests(device)
{
    private sealed record Product(int Rows, int Columns, int Depth, bool TransposeA, bool TransposeB, bool Bias, bool Relu);

    private sealed record Convolution(int[] Input, int[] Filters, Window Window, int Groups, bool Bias);

    private static readonly Gen<bool> Coin = Gen.Elements(false, true);

    private static readonly Gen<Product> Products =
        from rows in Gen.Choose(1, 70)
        from columns in Gen.Choose(1, 90)
        from depth in Gen.Choose(1, 80)
        from a in Coin
        from b in Coin
        from bias in Coin
        from relu in Coin
        select new Product(rows, columns, depth, a, b, bias, relu);

    private static readonly Gen<Convolution> Convolutions =
        from groups in Gen.Choose(1, 3)
        from channels in Gen.Elements(1, 2, 3, 5, 7, 16, 18)
        from filters in Gen.Choose(1, 9)
        from batch in Gen.Choose(1, 3)
        from window in Gen.Choose(1, 4).Two()
        from stride in Gen.Choose(1, 4).Two()
        from dilation in Gen.Choose(1, 3).Two()
        from padding in Gen.Choose(0, 4).Four()
        from extra in Gen.Choose(0, 9).Two()
        from bias in Coin
        select new Convolution(
            [batch, Size(window.Item1, dilation.Item1, padding.Item1 + padding.Item3, extra.Item1),
                Size(window.Item2, dilation.Item2, padding.Item2 + padding.Item4, extra.Item2), groups * channels],
            [groups * filters, window.Item1, window.Item2, channels],
            new Window
            {
                StrideH = stride.Item1,
                StrideW = stride.Item2,
                PadTop = padding.Item1,
                PadLeft = padding.Item2,
                PadBottom = padding.Item3,
                PadRight = padding.Item4,
                DilationH = dilation.Item1,
                DilationW = dilation.Item2
            }, groups,
                bias);

    [Test]
    public void ProductsOfAnySize() => ForAll(Products, 120, p => Check(
        new GraphCase($"{p}", r =>
        {
            Value a = p.TransposeA ? r.Input(p.Depth, p.Rows) : r.Input(p.Rows, p.Depth);
            Value b = p.TransposeB ? r.Input(p.Columns, p.Depth) : r.Input(p.Depth, p.Columns);
            var op = new MatrixProductOp(p.TransposeA, p.TransposeB);
            Value c = p.Bias ? r.Graph.Add(op, a, b, r.Input(p.Columns)) : r.Graph.Add(op, a, b);
            return p.Relu ? c.Relu() : c;
        })
        {
            // Next to the rectifier's kink a rounding error decides the gradient.
            Differentiable = !p.Relu,
        },
        Math.Max(p.Rows, Math.Max(p.Columns, p.Depth)) + 1));

    [Test]
    public void ConvolutionsOfAnySize() => ForAll(Convolutions, 120, c => Check(
        new GraphCase($"{c}", r => BuiltInCases.Convolve(r, new Shape(c.Input), new Shape(c.Filters), new(c.Window, c.Groups), c.Bias)),
        // No sum is longer than a filter over all channels or all filters, or the pixels of all (padded) images.
        (c.Filters[1] * c.Filters[2] * Math.Max(c.Filters[0], c.Filters[3])) + (c.Input[0] * (c.Input[1] + 8) * (c.Input[2] + 8))));

    /// <summary>An image just large enough for the window, and some more.</summary>
    private static int Size(int window, int dilation, int padding, int extra) =>
        Math.Max(1, (dilation * (window - 1)) + 1 - padding) + extra;

    private void ForAll<T>(Gen<T> values, int count, Action<T> check) =>
        Prop.ForAll(values.ToArbitrary(), check)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(TestDevices.RandomCases(Device.Info.Name, count)).WithReplay(17, 31));

    private void Check(GraphCase source, int terms)
    {
        GraphRun run = GraphRun.Of(source);
        Value[] fetches = [.. run.Fetches.Select(fetch => fetch.Value)];
        Float64Interpreter magnitudes = run.Interpreter();
        foreach ((string name, float[] values) in run.Feeds) magnitudes.Feed(name, values.Select(value => (double)Math.Abs(value)));
        IReadOnlyList<double[]> expected = run.Expected(), sums = magnitudes.Run(fetches);
        // Methods that transform spread an element's rounding over its neighbours; they have bounds of their own, and tests.
        float[][] actual = run.On(Device, ConvolutionAlgorithm.ImplicitGemm);
        double unit = Math.Pow(2, -24), gamma = terms * unit / (1 - (terms * unit));
        for (int i = 0; i < fetches.Length; i++)
        {
            for (int j = 0; j < expected[i].Length; j++)
            {
                if (!(Math.Abs(actual[i][j] - expected[i][j]) <= gamma * sums[i][j]))
                    Assert.Fail($"{run.Fetches[i].Name}[{j}] is {actual[i][j]}, not {expected[i][j]} within {gamma * sums[i][j]}.");
            }
        }
    }
}
