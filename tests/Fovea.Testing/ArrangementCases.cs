using Fovea.Graph;
using Fovea.Ops;
using Fovea.Verification;

namespace Fovea.Testing;

/// <summary>Operations that move elements, reductions by maximum and resampling, at sizes at which mistakes show.</summary>
internal static class ArrangementCases
{
    public static IEnumerable<GraphCase> All => [.. Ranges(), .. Orders(), .. Gatherings(), .. Resamplings(), .. Maxima()];

    private static IEnumerable<GraphCase> Ranges()
    {
        foreach ((int[] sizes, int axis, int start, int length) in new (int[], int, int, int)[]
        {
            ([1], 0, 0, 1), ([9], 0, 8, 1), ([5, 7], 0, 1, 3), ([5, 7], 1, 6, 1), ([2, 3, 400, 70], 2, 17, 301), ([70_001], 0, 1, 70_000),
        })
        {
            string name = $"{string.Join('×', sizes)} along {axis}, {length} from {start}";
            yield return new($"slice of {name}", r => r.Graph.Add(new SliceOp(axis, start, length), r.Input(sizes)));
            yield return new($"zeros around {name}", r => r.Graph.Add(new PadOp(axis, start, length), r.Input(sizes)));
        }
        yield return new("concatenation of one", r => r.Graph.Add(new ConcatOp(0), r.Input(3)));
        yield return new("concatenation of the same twice", r =>
        {
            Value x = r.Input(2, 5);
            return r.Graph.Add(new ConcatOp(1), x, x);
        });
        yield return new("concatenation of blocks", r => r.Graph.Add(new ConcatOp(0), r.Input(90, 211), r.Input(1, 211), r.Input(77, 211)));
        yield return new("concatenation of channels",
            r => r.Graph.Add(new ConcatOp(3), r.Input(2, 9, 9, 64), r.Input(2, 9, 9, 17), r.Input(2, 9, 9, 1), r.Input(2, 9, 9, 128)));
        yield return new("slices of slices, concatenated", r =>
        {
            Value x = r.Input(4, 9), part = r.Graph.Add(new SliceOp(1, 2, 6), x);
            return r.Graph.Add(new ConcatOp(0), r.Graph.Add(new SliceOp(1, 0, 3), part), r.Graph.Add(new SliceOp(1, 3, 3), part));
        });
    }

    private static IEnumerable<GraphCase> Orders() =>
        from entry in new (int[] Sizes, int[] Order)[]
        {
            ([], []), ([5], [0]), ([1, 7], [1, 0]), ([17, 31], [1, 0]), ([64, 64], [1, 0]), ([300, 211], [1, 0]), ([3, 4, 5], [0, 1, 2]),
            ([3, 4, 5], [2, 1, 0]), ([3, 4, 5], [1, 0, 2]), ([2, 8, 9, 5], [0, 3, 1, 2]), ([2, 5, 8, 9], [0, 2, 3, 1]),
            ([2, 1, 3, 1, 5], [4, 3, 2, 1, 0]), ([2, 3, 4, 2, 3, 2], [5, 3, 1, 4, 2, 0]), ([33, 20, 2, 3], [3, 1, 0, 2]),
        }
        select new GraphCase($"{string.Join('×', entry.Sizes)} in the order {string.Join(", ", entry.Order)}",
            r => r.Graph.Add(new TransposeOp(entry.Order), r.Input(entry.Sizes)));

    private static IEnumerable<GraphCase> Gatherings()
    {
        foreach ((int rows, int[] row, int count) in new (int, int[], int)[]
            { (1, [1], 1), (1, [3], 40), (5, [], 7), (3, [2, 3], 11), (2000, [16], 50), (7, [300], 333), (1500, [1], 3000) })
        {
            yield return new($"{count} of {rows} rows of {string.Join('×', row)}",
                r => r.Graph.Add(new GatherOp(), r.Input([rows, .. row]), r.Labels(count, rows)));
        }
    }

    private static IEnumerable<GraphCase> Resamplings()
    {
        foreach ((int[] sizes, int axis, int outputs) in new (int[], int, int)[]
        {
            ([1], 0, 1), ([5], 0, 3), ([4, 7], 1, 14), ([3, 1, 4], 1, 5), ([2, 13, 4], 1, 6), ([2, 13, 4], 0, 5), ([2, 9, 30, 17], 2, 7),
        })
        {
            string name = $"{string.Join('×', sizes)} along {axis} to {outputs}";
            int inputs = sizes[axis];
            yield return new($"nearest of {name}", r => Resample(r, AxisWeights.Nearest(inputs, outputs)));
            yield return new($"interpolation of {name}", r => Resample(r, AxisWeights.Linear(inputs, outputs)));
            yield return new($"interpolation of {name}, corners aligned",
                r => Resample(r, AxisWeights.Linear(inputs, outputs, alignCorners: true)));
            yield return new($"means of {name}", r => Resample(r, AxisWeights.Means(inputs, outputs)));

            Value Resample(GraphRun r, AxisWeights weights) => r.Graph.Add(new ResampleOp(axis, weights), r.Input(sizes));
        }
    }

    private static IEnumerable<GraphCase> Maxima() =>
        from entry in new (int[] Sizes, int First, int Count)[]
        {
            ([1], 0, 1), ([40_001], 0, 1), ([331, 129], 0, 1), ([5, 17_011], 1, 1), ([3, 5, 7, 2], 3, 1), ([3, 1, 7], 1, 1),
            ([7, 3, 11, 5], 0, 3), ([2, 3, 2100], 1, 1),
        }
        select new GraphCase($"largest of {string.Join('×', entry.Sizes)} over {entry.Count} from {entry.First}",
            r => r.Graph.Add(new MaxReductionOp(entry.First, entry.Count), r.Input(entry.Sizes)));
}
