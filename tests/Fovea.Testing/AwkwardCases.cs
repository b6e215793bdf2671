using Fovea.Graph;
using Fovea.Ops;
using Fovea.Verification;
using E = Fovea.Ops.Expression;

namespace Fovea.Testing;

/// <summary>Operations at sizes at which mistakes show.</summary>
internal static class AwkwardCases
{
    private static readonly Window Plain = new();

    public static IEnumerable<GraphCase> All =>
    [
        .. BuiltInCases.All, .. Convolutions(), .. Products(), .. Batches(), .. Poolings(), .. Maps(), .. Rows(), .. LossCases.All,
        .. ArrangementCases.All,
    ];

    private static IEnumerable<GraphCase> Convolutions()
    {
        (string Name, int[] Input, int[] Filters, Window Window, int Groups)[] table =
        [
            ("size 1 everywhere", [1, 1, 1, 1], [1, 1, 1, 1], Plain, 1),
            ("1×1 images", [3, 1, 1, 5], [7, 1, 1, 5], Plain, 1),
            ("1×1 images, padded", [3, 1, 1, 5], [7, 3, 3, 5], Window.Of(1, 1), 1),
            ("1×1 filters with stride", [2, 7, 6, 5], [3, 1, 1, 5], Window.Of(2, 0), 1),
            ("primes", [2, 13, 11, 7], [5, 3, 5, 7], Plain, 1),
            ("stride beyond the filter", [2, 11, 13, 3], [4, 2, 2, 3], new Window { StrideH = 3, StrideW = 5 }, 1),
            ("stride along one axis", [1, 9, 8, 4], [5, 3, 2, 4], new Window { StrideW = 3, PadTop = 1, PadLeft = 1, PadRight = 2 }, 1),
            ("dilation", [1, 13, 14, 3], [4, 3, 3, 3],
                new Window { PadTop = 2, PadLeft = 1, PadBottom = 2, PadRight = 1, DilationH = 3, DilationW = 2 }, 1),
            ("dilation and stride with a common factor", [1, 12, 15, 2], [3, 3, 2, 2],
                new Window { StrideH = 2, StrideW = 6, PadTop = 1, PadLeft = 2, PadBottom = 3, PadRight = 1, DilationH = 2, DilationW = 4 },
                1),
            ("dilation and stride without one", [2, 13, 14, 2], [3, 3, 3, 2],
                new Window { StrideH = 3, StrideW = 2, PadTop = 2, PadBottom = 1, PadRight = 4, DilationH = 2, DilationW = 3 }, 1),
            ("padding on one side only", [2, 5, 6, 3], [4, 3, 3, 3], new Window { StrideW = 2, PadTop = 2, PadRight = 1 }, 1),
            ("more padding than image", [1, 2, 1, 3], [4, 4, 3, 3], new Window { PadTop = 5, PadLeft = 4, PadBottom = 3, PadRight = 6 }, 1),
            ("filter larger than the image", [2, 2, 3, 4], [3, 5, 5, 4], Window.Of(1, 2), 1),
            ("rows that the stride leaves over", [1, 10, 11, 3], [2, 3, 3, 3], Window.Of(4, 0), 1),
            ("three groups", [2, 6, 5, 9], [6, 3, 3, 3], Window.Of(1, 1), 3),
            ("depthwise, two filters each", [2, 7, 5, 5], [10, 3, 3, 1], Window.Of(2, 1), 5),
            ("one row of taps", [2, 5, 13, 4], [5, 1, 7, 4], Window.Of((1, 2), (0, 3)), 1),
            ("one column of taps", [2, 13, 5, 4], [5, 7, 1, 4], Window.Of((2, 1), (3, 0)), 1),
            ("another dilation along each axis", [1, 11, 17, 3], [4, 3, 5, 3], Window.Of((2, 1), (1, 4), (1, 3)), 1),
            ("depthwise, one row of taps", [2, 5, 11, 6], [6, 1, 5, 1], Window.Of((2, 1), (0, 2), (1, 2)), 6),
            ("many channels", [2, 3, 3, 67], [65, 3, 3, 67], Window.Of(1, 1), 1),
            ("runs longer than a scratch line", [2, 3, 5, 200], [5, 2, 3, 200], Window.Of(1, 1), 1),
            ("channels longer than a scratch line", [1, 3, 3, 531], [3, 2, 2, 531], new Window { PadTop = 1, PadLeft = 1, DilationW = 2 },
                1),
            ("pixels divided among splits", [2, 36, 37, 3], [5, 3, 3, 3], Window.Of(1, 1), 1),
        ];
        foreach ((string name, int[] input, int[] filters, Window window, int groups) in table)
        {
            yield return new($"convolution, {name}", r => BuiltInCases.Convolve(
                r, new Shape(input), new Shape(filters), new(window, groups), bias: true));
            // Many input channels have a gradient of their own.
            if (groups == 1 && input[3] < 16)
                yield return new($"convolution, {name}, 17 channels",
                    r => BuiltInCases.Convolve(
                    r, new Shape([.. input[..3], 17]), new Shape([.. filters[..3], 17]), new(window), bias: false));
        }
        yield return new("convolution, relu fused", r => BuiltInCases.Convolve(
            r, new Shape(2, 7, 6, 5), new Shape(9, 3, 3, 5), new(Window.Of(2, 1)), bias: true).Relu());
    }

    private static IEnumerable<GraphCase> Products() =>
        from sizes in new (int Rows, int Columns, int Depth)[
] { (1, 1, 1), (1, 67, 43), (4, 19, 3), (5, 2, 71), (53, 47, 59), (13, 33, 257) }
        from transposes in new[] { 0, 1, 2, 3 }
        let a = (transposes & 1) != 0
        let b = (transposes & 2) != 0
        select new GraphCase($"product {sizes.Rows}×{sizes.Columns}×{sizes.Depth}{(a ? " Aᵀ" : "")}{(b ? " Bᵀ" : "")}", r => r.Graph.Add(
            new MatrixProductOp(a, b),
            a ? r.Input(sizes.Depth, sizes.Rows) : r.Input(sizes.Rows, sizes.Depth),
            b ? r.Input(sizes.Columns, sizes.Depth) : r.Input(sizes.Depth, sizes.Columns),
            r.Input(sizes.Columns)));

    private static IEnumerable<GraphCase> Batches() =>
        from sizes in new (int[] Outer, int Rows, int Columns, int Depth)[]
        {
            ([5], 1, 1, 1), ([2, 3], 4, 9, 13), ([70], 3, 2, 5), ([2], 47, 65, 33),
        }
        from transposes in new[] { 0, 1, 2, 3 }
        let a = (transposes & 1) != 0
        let b = (transposes & 2) != 0
        let name = string.Join('×', sizes.Outer)
        select new GraphCase($"{name} products {sizes.Rows}×{sizes.Columns}×{sizes.Depth}{(a ? " Aᵀ" : "")}{(b ? " Bᵀ" : "")}",
            r => r.Input([.. sizes.Outer, .. a ? (int[])[sizes.Depth, sizes.Rows] : [sizes.Rows, sizes.Depth]]).MatMul(
                r.Input([.. sizes.Outer, .. b ? (int[])[sizes.Columns, sizes.Depth] : [sizes.Depth, sizes.Columns]]), a, b));

    private static IEnumerable<GraphCase> Poolings()
    {
        (string Name, int[] Input, PoolingGeometry Geometry)[] table =
        [
            ("size 1 everywhere", [1, 1, 1, 1], new(Plain with { R = 1, S = 1 })),
            ("whole image", [2, 5, 7, 3], new(Plain with { R = 5, S = 7 })),
            ("overlapping, primes", [2, 11, 13, 7], new(Window.Of(2, 0) with { R = 3, S = 3 })),
            ("stride beyond the window", [1, 13, 11, 5], new(new Window { R = 2, S = 2, StrideH = 3, StrideW = 5 })),
            ("uneven window and padding", [2, 7, 6, 5],
                new(new Window { R = 4, S = 3, StrideH = 2, PadTop = 2, PadLeft = 1, PadRight = 1 })),
            ("one row of pixels", [2, 5, 13, 6], new(Window.Of((1, 2), (0, 2)) with { R = 1, S = 5 })),
            ("one column of pixels", [2, 13, 5, 3], new(Window.Of((3, 1), (2, 0)) with { R = 5, S = 1 }, CountPadding: false)),
            ("rounded up past the padding", [1, 7, 8, 6], new(Window.Of(2, 1) with { R = 3, S = 3 }, CeilMode: true)),
            ("rounded up, last window dropped", [1, 3, 3, 2], new(Window.Of(3, 1) with { R = 2, S = 2 }, CeilMode: true)),
            ("rounded up without counting padding", [1, 7, 8, 6],
                new(Window.Of(2, 1) with { R = 3, S = 3 }, CeilMode: true, CountPadding: false)),
        ];
        foreach ((string name, int[] input, PoolingGeometry geometry) in table)
        {
            yield return new($"max pooling, {name}", r => r.Graph.Add(new MaxPoolingOp(geometry), r.Input(input)));
            yield return new($"average pooling, {name}", r => r.Graph.Add(new AveragePoolingOp(geometry), r.Input(input)));
        }
        yield return new("max pooling, dilated", r => r.Graph.Add(
            new MaxPoolingOp(new(new Window
            {
                R = 3,
                S = 2,
                StrideH = 2,
                PadTop = 1,
                PadLeft = 1,
                PadBottom = 1,
                DilationH = 2,
                DilationW = 3
            })), r.Input(2, 9, 10, 5)));
    }

    private static IEnumerable<GraphCase> Maps()
    {
        (string Name, int[] Left, int[] Right)[] broadcasts =
        [
            ("scalars", [], []),
            ("ranks of size 1", [1], [1, 1, 1]),
            ("outer product", [7, 1], [1, 6]),
            ("inner and outer", [4, 1, 1], [1, 1, 6]),
            ("both spread in the middle", [2, 3, 1, 5], [3, 4, 1]),
            ("column", [5, 11], [5, 1]),
            ("several rows", [4, 3, 7], [3, 7]),
            ("leading ones", [3, 7], [1, 1, 3, 7]),
            ("long rows", [3, 1500], [1500]),
            ("very long rows", [3, 2, 1033], [2, 1033]),
            ("rows just over a tile", [4, 1025], [1025]),
            ("rows that do not divide a tile", [7, 700], [700]),
            ("many elements", [131, 257], [257]),
        ];
        foreach ((string name, int[] left, int[] right) in broadcasts)
        {
            yield return new($"map, {name}", r => (r.Input(left).Tanh() * r.Input(right)) + r.Input(right).Sigmoid());
        }
        yield return new("map, power of two inputs", r => MapOp.Create(
            E.Pow(E.Input(0), E.Input(1)), r.Input(new Shape(5, 9), above0: true), r.Input(5, 9)));
        yield return new("map, one input many times", r =>
        {
            Value x = r.Input(6, 7);
            return (x * x.Sigmoid()) + (x.Tanh() / (x * x).Apply(y => y + 1f));
        });
        yield return new("map, falling leak", r => r.Input(4, 9).LeakyRelu(-0.5f));
        yield return new("map, one slope for all", r => r.Input(2, 3, 3, 4).Prelu(r.Input(1)));
        yield return new("map, longer than a fused chain may be", r =>
        {
            Value x = r.Input(3, 8), y = x;
            for (int i = 0; i < 20; i++) y = (y.Tanh() + x).Sigmoid();
            return y;
        });
    }

    private static IEnumerable<GraphCase> Rows()
    {
        foreach ((int rows, int classes) in new[] { (1, 1), (3, 2), (7, 17), (2, 1000) })
        {
            yield return new($"softmax of {rows}×{classes}", r => r.Input(rows, classes).Softmax());
            yield return new($"log softmax of {rows}×{classes}, far apart", r => r.Input(rows, classes).Scale(40).LogSoftmax());
            // With one class the gradient is 0: smoothed, it would be nothing but the rounding of three terms.
            var loss = new CrossEntropyOp(true, classes == 1 ? 0 : 0.2f);
            yield return new(
                $"cross-entropy of {rows}×{classes}", r => r.Graph.Add(loss, r.Input(rows, classes).Scale(20), r.Labels(rows, classes)));
        }
        yield return new("cross-entropy of pixels", r => r.Graph.Add(new CrossEntropyOp(Mean: false), r.Input(2, 3, 5), r.Labels(6, 5)));

        foreach ((int size, float beta, int channels) in new[] { (1, 0.75f, 3), (4, 0.5f, 9), (5, 0.31f, 2), (3, 1f, 1), (7, 0.75f, 23) })
            yield return new($"local response normalisation over {size} of {channels}",
                r => r.Graph.Add(new LocalResponseNormalizationOp(size, 0.3f, beta, 1.5f), r.Input(71, channels)));

        foreach ((float probability, int count) in new[] { (0f, 5), (0.5f, 8195), (0.9f, 1), (0.99f, 333) })
            yield return new($"dropout of {count} at {probability}",
                r => r.Graph.Add(new DropoutOp(probability, ulong.MaxValue - 3, 9), r.Input(count), r.Graph.Step));

        foreach ((int[] sizes, int first, int count) in new (int[], int, int)[]
        {
            ([1], 0, 1), ([40_001], 0, 1), ([331, 129], 0, 1), ([5, 17_011], 1, 1), ([3, 5, 7, 2], 3, 1), ([3, 1, 7], 1, 1),
                ([7, 3, 11, 5], 0, 3),
        })
            yield return new($"sum of {string.Join('×', sizes)} over {count} from {first}", r => r.Input(sizes).Sum(first, count));
    }
}
