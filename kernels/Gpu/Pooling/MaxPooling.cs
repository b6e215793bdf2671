using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Pooling;

/// <summary>The largest value of each window and channel; NaN if the window holds one.</summary>
/// <remarks>
/// The gradient is gathered, which needs no atomic additions: each element of the input asks every window that may hold it whether it
/// is the winner there, in the order of the windows. The first of several largest values wins, and the last NaN.
/// </remarks>
public static class MaxPooling
{
    /// <summary>Computes an element of the output a thread.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="sizes">The sizes.</param>
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
                if (w >= 0 && w < sizes.W) best = KernelMath.Max(best, x[sizes.Place(place.Image, h, w, place.Channel)]);
            }
        }
        y[index] = best;
    }

    /// <summary>Finds, for an element of the output a thread, where in the input its value comes from.</summary>
    /// <param name="x">The forward input, N×H×W×C.</param>
    /// <param name="winners">The places, N×P×Q×C; −1 where a window lies outside.</param>
    /// <param name="count">How many elements <paramref name="winners"/> has.</param>
    /// <param name="sizes">The sizes.</param>
    public static void Winners(ArrayView<float> x, ArrayView<int> winners, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.P, sizes.Q, sizes.C);
        int top = (place.Row * sizes.StrideH) - sizes.PadTop, left = (place.Column * sizes.StrideW) - sizes.PadLeft, winner = -1;
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
                if (winner >= 0 && !(value > best) && !KernelMath.IsNaN(value)) continue;
                best = value;
                winner = candidate;
            }
        }
        winners[index] = winner;
    }

    /// <summary>Computes an element of the input's gradient a thread.</summary>
    /// <param name="winners">What <see cref="Winners"/> has found.</param>
    /// <param name="dy">The output's gradient, N×P×Q×C.</param>
    /// <param name="dx">The input's gradient, N×H×W×C.</param>
    /// <param name="count">How many elements <paramref name="dx"/> has.</param>
    /// <param name="sizes">The sizes.</param>
    public static void Backward(ArrayView<int> winners, ArrayView<float> dy, ArrayView<float> dx, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.H, sizes.W, sizes.C);
        int row = place.Row + sizes.PadTop, column = place.Column + sizes.PadLeft;
        int firstP = PoolingSizes.FirstWindow(row, sizes.R, sizes.DilationH, sizes.StrideH), lastP = Math.Min(row / sizes.StrideH, sizes.P - 1);
        int firstQ = PoolingSizes.FirstWindow(column, sizes.S, sizes.DilationW, sizes.StrideW), lastQ = Math.Min(column / sizes.StrideW, sizes.Q - 1);
        float sum = 0;
        for (int p = firstP; p <= lastP; p++)
        {
            for (int q = firstQ; q <= lastQ; q++)
            {
                int window = (((((place.Image * sizes.P) + p) * sizes.Q) + q) * sizes.C) + place.Channel;
                if (winners[window] == index) sum += dy[window];
            }
        }
        dx[index] = sum;
    }
}
