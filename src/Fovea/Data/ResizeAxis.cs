namespace Fovea.Data;

/// <summary>
/// Which samples of a line make up each sample of a longer or shorter one: linear interpolation between pixel centres at half
/// positions; when shrinking, a triangle as wide as one target sample on either side, which keeps fine patterns from folding into
/// coarse ones. Weights that would fall outside the line are shared out among those inside.
/// </summary>
internal sealed class ResizeAxis
{
    private readonly int[] first;
    private readonly float[][] weights;

    public ResizeAxis(int source, int target)
    {
        double scale = (double)source / target, support = Math.Max(scale, 1);
        first = new int[target];
        weights = new float[target][];
        for (int i = 0; i < target; i++)
        {
            double centre = (i + 0.5) * scale;
            int from = Math.Max(0, (int)Math.Floor(centre - support)), to = Math.Min(source - 1, (int)Math.Ceiling(centre + support));
            while (Weight(from) <= 0)
                from++;
            while (Weight(to) <= 0)
                to--;
            double sum = 0;
            for (int k = from; k <= to; k++)
                sum += Weight(k);
            first[i] = from;
            weights[i] = new float[to - from + 1];
            for (int k = from; k <= to; k++)
                weights[i][k - from] = (float)(Weight(k) / sum);

            double Weight(int k) => 1 - (Math.Abs(k + 0.5 - centre) / support);
        }
    }

    /// <summary>The first sample that a target sample is made of.</summary>
    public int First(int target) => first[target];

    /// <summary>The weights of that sample and those after it.</summary>
    public ReadOnlySpan<float> Weights(int target) => weights[target];
}
