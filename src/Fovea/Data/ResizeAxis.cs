namespace Fovea.Data;

/// <summary>
/// Which samples of a line make up each sample of a longer or shorter one: linear interpolation between pixel centres at half
/// positions; when shrinking, a triangle as wide as one target sample on either side, which keeps fine patterns from folding into
/// coarse ones. Weights that would fall outside the line are shared out among those inside.
/// </summary>
/// <remarks>It keeps a few numbers for each target sample, and weights of lines up to a limit only: others are computed again.</remarks>
internal sealed class ResizeAxis
{
    /// <summary>The longest line whose weights are kept: wider than pictures are, and 128 KiB of weights.</summary>
    private const int LongestKept = 1 << 14;

    private readonly double scale, support;
    private readonly int[] first, counts;
    private readonly double[] sums;
    private readonly float[][]? kept;

    /// <summary>Prepares the way from one length to another.</summary>
    /// <param name="source">The samples there are.</param>
    /// <param name="target">The samples to make.</param>
    public ResizeAxis(int source, int target)
    {
        scale = (double)source / target;
        support = Math.Max(scale, 1);
        (first, counts, sums) = (new int[target], new int[target], new double[target]);
        for (int i = 0; i < target; i++)
        {
            double centre = (i + 0.5) * scale;
            long from = Math.Max(0, (long)Math.Floor(centre - support));
            long to = Math.Min(source - 1, (long)Math.Ceiling(centre + support));
            while (Raw(i, from) <= 0) from++;
            while (Raw(i, to) <= 0) to--;
            for (long k = from; k <= to; k++) sums[i] += Raw(i, k);
            (first[i], counts[i]) = ((int)from, (int)(to - from + 1));
        }
        if (source > LongestKept) return;
        kept = new float[target][];
        for (int i = 0; i < target; i++) Fill(i, 0, kept[i] = new float[counts[i]]);
    }

    /// <summary>The first sample that a target sample is made of.</summary>
    public int First(int target) => first[target];

    /// <summary>The sample after the last one. Neither this nor the first falls from one target sample to the next.</summary>
    public int End(int target) => first[target] + counts[target];

    /// <summary>What one of its samples adds to a target sample.</summary>
    public float Weight(int target, int sample) => (float)(Raw(target, sample) / sums[target]);

    /// <summary>What several samples in a row add to a target sample.</summary>
    /// <param name="target">The target sample.</param>
    /// <param name="from">The first of them, at least <see cref="First"/>.</param>
    /// <param name="to">The one after the last of them, at most <see cref="End"/>.</param>
    /// <param name="room">Where weights are put that are not kept; as many as there are samples.</param>
    public ReadOnlySpan<float> Weights(int target, int from, int to, Span<float> room)
    {
        int skipped = from - first[target];
        if (kept is not null) return kept[target].AsSpan(skipped, to - from);
        Fill(target, skipped, room[..(to - from)]);
        return room[..(to - from)];
    }

    private void Fill(int target, int skipped, Span<float> weights)
    {
        for (int k = 0; k < weights.Length; k++) weights[k] = Weight(target, first[target] + skipped + k);
    }

    private double Raw(int target, long sample) => 1 - (Math.Abs(sample + 0.5 - ((target + 0.5) * scale)) / support);
}
