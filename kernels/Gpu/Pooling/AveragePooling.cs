using Fovea.Gpu.Mathematics;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Pooling;

/// <summary>The mean of each window and channel.</summary>
public static class AveragePooling
{
    /// <summary>Computes an element of the output a thread.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="window">The window; no dilation.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="countPadding">Whether the mean counts the padding: 0 or 1.</param>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int count, Window window, int channels, int countPadding)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, window.P, window.Q, channels);
        int top = (place.Row * window.StrideH) - window.PadTop, left = (place.Column * window.StrideW) - window.PadLeft;
        int bottom = Math.Min(top + window.R, window.H), right = Math.Min(left + window.S, window.W);
        float sum = 0;
        for (int h = Math.Max(top, 0); h < bottom; h++)
        {
            for (int w = Math.Max(left, 0); w < right; w++) sum += x[place.Pixel(window, h, w, channels)];
        }
        y[index] = sum * (1f / window.Divisor(place.Row, place.Column, countPadding != 0));
    }

    /// <summary>Computes an element of the input's gradient a thread: what it gets from each window that it lies in.</summary>
    /// <param name="dy">The output's gradient, N×P×Q×C.</param>
    /// <param name="dx">The input's gradient, N×H×W×C.</param>
    /// <param name="count">How many elements <paramref name="dx"/> has.</param>
    /// <param name="window">The window; no dilation.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="countPadding">Whether the mean counts the padding: 0 or 1.</param>
    public static void Backward(ArrayView<float> dy, ArrayView<float> dx, int count, Window window, int channels, int countPadding)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, window.H, window.W, channels);
        int row = place.Row + window.PadTop, column = place.Column + window.PadLeft;
        int firstP = Window.FirstPosition(row, window.R, 1, window.StrideH), lastP = Math.Min(row / window.StrideH, window.P - 1);
        int firstQ = Window.FirstPosition(column, window.S, 1, window.StrideW), lastQ = Math.Min(column / window.StrideW, window.Q - 1);
        float sum = 0;
        for (int p = firstP; p <= lastP; p++)
        {
            for (int q = firstQ; q <= lastQ; q++)
                sum = KernelMath.FusedMultiplyAdd(
                    dy[(((((place.Image * window.P) + p) * window.Q) + q) * channels) + place.Channel],
                    1f / window.Divisor(p, q, countPadding != 0), sum);
        }
        dx[index] = sum;
    }
}
