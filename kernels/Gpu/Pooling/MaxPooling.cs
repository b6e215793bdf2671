using Fovea.Gpu.Mathematics;
using Fovea.Ops;
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
    /// <param name="window">The window.</param>
    /// <param name="channels">Channels.</param>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int count, Window window, int channels)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, window.P, window.Q, channels);
        int top = (place.Row * window.StrideH) - window.PadTop, left = (place.Column * window.StrideW) - window.PadLeft;
        float best = float.NegativeInfinity;
        for (int r = 0; r < window.R; r++)
        {
            int h = top + (r * window.DilationH);
            if (h < 0 || h >= window.H) continue;
            for (int s = 0; s < window.S; s++)
            {
                int w = left + (s * window.DilationW);
                if (w >= 0 && w < window.W) best = KernelMath.Max(best, x[place.Pixel(window, h, w, channels)]);
            }
        }
        y[index] = best;
    }

    /// <summary>Finds, for an element of the output a thread, where in the input its value comes from.</summary>
    /// <param name="x">The forward input, N×H×W×C.</param>
    /// <param name="winners">The places, N×P×Q×C; −1 where a window lies outside.</param>
    /// <param name="count">How many elements <paramref name="winners"/> has.</param>
    /// <param name="window">The window.</param>
    /// <param name="channels">Channels.</param>
    public static void Winners(ArrayView<float> x, ArrayView<int> winners, int count, Window window, int channels)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, window.P, window.Q, channels);
        int top = (place.Row * window.StrideH) - window.PadTop, left = (place.Column * window.StrideW) - window.PadLeft, winner = -1;
        float best = float.NegativeInfinity;
        for (int r = 0; r < window.R; r++)
        {
            int h = top + (r * window.DilationH);
            if (h < 0 || h >= window.H) continue;
            for (int s = 0; s < window.S; s++)
            {
                int w = left + (s * window.DilationW);
                if (w < 0 || w >= window.W) continue;
                int candidate = place.Pixel(window, h, w, channels);
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
    /// <param name="window">The window.</param>
    /// <param name="channels">Channels.</param>
    public static void Backward(ArrayView<int> winners, ArrayView<float> dy, ArrayView<float> dx, int count, Window window, int channels)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, window.H, window.W, channels);
        int row = place.Row + window.PadTop, column = place.Column + window.PadLeft;
        int firstP = Window.FirstPosition(row, window.R, window.DilationH, window.StrideH),
            lastP = Math.Min(row / window.StrideH, window.P - 1);
        int firstQ = Window.FirstPosition(column, window.S, window.DilationW, window.StrideW),
            lastQ = Math.Min(column / window.StrideW, window.Q - 1);
        float sum = 0;
        for (int p = firstP; p <= lastP; p++)
        {
            for (int q = firstQ; q <= lastQ; q++)
            {
                int position = (((((place.Image * window.P) + p) * window.Q) + q) * channels) + place.Channel;
                if (winners[position] == index) sum += dy[position];
            }
        }
        dx[index] = sum;
    }
}
