using Fovea.Compute.Dialect;

namespace Fovea.Kernels.Simt.Pooling;

/// <summary>The largest value of each window and channel; NaN if the window holds one.</summary>
/// <remarks>
/// The gradient is gathered: each element of the input asks every window that it lies in whether it is the winner there, in the order
/// of the windows. The first of several largest values wins, and the last NaN.
/// </remarks>
public static class MaxPooling
{
    /// <summary>Computes an element of the output a thread.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="sizes">The sizes.</param>
    [Kernel]
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.P, sizes.Q, sizes.C);
        int top = (place.Row * sizes.StrideH) - sizes.PadTop, left = (place.Column * sizes.StrideW) - sizes.PadLeft;
        float best = float.NegativeInfinity;
        for (int r = 0; r < sizes.R; r++)
        {
            int h = top + (r * sizes.DilationH);
            if (h < 0 || h >= sizes.H) continue;
            for (int s = 0; s < sizes.S; s++)
            {
                int w = left + (s * sizes.DilationW);
                if (w >= 0 && w < sizes.W) best = MathF.Max(best, x[sizes.Place(place.Image, h, w, place.Channel)]);
            }
        }
        y[index] = best;
    }

    /// <summary>Computes an element of the input's gradient a thread.</summary>
    /// <param name="x">The forward input, N×H×W×C.</param>
    /// <param name="dy">The output's gradient, N×P×Q×C.</param>
    /// <param name="dx">The input's gradient, N×H×W×C.</param>
    /// <param name="count">How many elements <paramref name="dx"/> has.</param>
    /// <param name="sizes">The sizes.</param>
    [Kernel]
    public static void Backward(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.H, sizes.W, sizes.C);
        float sum = 0;
        // The last tap belongs to the first window.
        for (int r = sizes.R - 1; r >= 0; r--)
        {
            int above = place.Row + sizes.PadTop - (r * sizes.DilationH), p = above / sizes.StrideH;
            if (above < 0 || p * sizes.StrideH != above || p >= sizes.P) continue;
            for (int s = sizes.S - 1; s >= 0; s--)
            {
                int before = place.Column + sizes.PadLeft - (s * sizes.DilationW), q = before / sizes.StrideW;
                if (before < 0 || q * sizes.StrideW != before || q >= sizes.Q) continue;
                if (Winner(x, sizes, place, p, q) == index) sum += dy[(((((place.Image * sizes.P) + p) * sizes.Q) + q) * sizes.C) + place.Channel];
            }
        }
        dx[index] = sum;
    }

    private static int Winner(ArrayView<float> x, PoolingSizes sizes, PoolingPlace place, int p, int q)
    {
        int top = (p * sizes.StrideH) - sizes.PadTop, left = (q * sizes.StrideW) - sizes.PadLeft, winner = -1;
        float best = float.NegativeInfinity;
        for (int r = 0; r < sizes.R; r++)
        {
            int h = top + (r * sizes.DilationH);
            if (h < 0 || h >= sizes.H) continue;
            for (int s = 0; s < sizes.S; s++)
            {
                int w = left + (s * sizes.DilationW);
                if (w < 0 || w >= sizes.W) continue;
                int candidate = sizes.Place(place.Image, h, w, place.Channel);
                float value = x[candidate];
                if (winner >= 0 && !(value > best) && !float.IsNaN(value)) continue;
                best = value;
                winner = candidate;
            }
        }
        return winner;
    }
}
