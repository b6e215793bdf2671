using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Pooling;

/// <summary>The mean of each window and channel.</summary>
public static class AveragePooling
{
    /// <summary>Computes an element of the output a thread.</summary>
    /// <param name="x">N×H×W×C.</param>
    /// <param name="y">N×P×Q×C.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="sizes">The sizes; no dilation.</param>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.P, sizes.Q, sizes.C);
        int top = (place.Row * sizes.StrideH) - sizes.PadTop, left = (place.Column * sizes.StrideW) - sizes.PadLeft;
        int bottom = Math.Min(top + sizes.R, sizes.H), right = Math.Min(left + sizes.S, sizes.W);
        float sum = 0;
        for (int h = Math.Max(top, 0); h < bottom; h++)
        {
            for (int w = Math.Max(left, 0); w < right; w++) sum += x[sizes.Place(place.Image, h, w, place.Channel)];
        }
        y[index] = sum * (1f / sizes.Divisor(place.Row, place.Column));
    }

    /// <summary>Computes an element of the input's gradient a thread: what it gets from each window that it lies in.</summary>
    /// <param name="dy">The output's gradient, N×P×Q×C.</param>
    /// <param name="dx">The input's gradient, N×H×W×C.</param>
    /// <param name="count">How many elements <paramref name="dx"/> has.</param>
    /// <param name="sizes">The sizes; no dilation.</param>
    public static void Backward(ArrayView<float> dy, ArrayView<float> dx, int count, PoolingSizes sizes)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        var place = new PoolingPlace(index, sizes.H, sizes.W, sizes.C);
        int row = place.Row + sizes.PadTop, column = place.Column + sizes.PadLeft;
        int firstP = PoolingSizes.FirstWindow(row, sizes.R, 1, sizes.StrideH), lastP = Math.Min(row / sizes.StrideH, sizes.P - 1);
        int firstQ = PoolingSizes.FirstWindow(column, sizes.S, 1, sizes.StrideW), lastQ = Math.Min(column / sizes.StrideW, sizes.Q - 1);
        float sum = 0;
        for (int p = firstP; p <= lastP; p++)
        {
            for (int q = firstQ; q <= lastQ; q++)
                sum = KernelMath.FusedMultiplyAdd(dy[(((((place.Image * sizes.P) + p) * sizes.Q) + q) * sizes.C) + place.Channel], 1f / sizes.Divisor(p, q), sum);
        }
        dx[index] = sum;
    }
}
