namespace Fovea.Data;

/// <summary>Checks of how much examples count.</summary>
internal static class ExampleWeights
{
    /// <summary>A copy of the weights of a set; null if there are none.</summary>
    /// <exception cref="ArgumentException">They are not as many as the examples, or one is negative or not finite.</exception>
    public static float[]? Checked(float[]? weights, int count)
    {
        if (weights is null) return null;
        if (weights.Length != count)
            throw new ArgumentException($"{count} examples need {count} weights, not {weights.Length}.", nameof(weights));
        int wrong = IndexOfWrong(weights);
        if (wrong >= 0) throw new ArgumentException($"Example {wrong} has weight {weights[wrong]}: a weight is at least 0 and finite.",
            nameof(weights));
        return [.. weights];
    }

    /// <summary>The first weight that is negative or not finite; −1 if there is none.</summary>
    public static int IndexOfWrong(ReadOnlySpan<float> weights)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] >= 0) || float.IsInfinity(weights[i])) return i;
        }
        return -1;
    }
}
