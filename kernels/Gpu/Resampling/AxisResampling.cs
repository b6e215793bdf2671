using ILGPU;

namespace Fovea.Gpu.Resampling;

/// <summary>Weighted sums of neighbours along the middle dimension of an outer × length × inner array.</summary>
public static class AxisResampling
{
    /// <summary>Computes an element a thread.</summary>
    /// <param name="x">outer × inputs × inner.</param>
    /// <param name="y">outer × outputs × inner.</param>
    /// <param name="places">Where the entries of each result begin, one more for their end, then the element of each entry.</param>
    /// <param name="weights">The weight of each entry.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="inputs">Elements of the source along the dimension.</param>
    /// <param name="outputs">Results along it.</param>
    /// <param name="inner">The size after it.</param>
    public static void Run(
        ArrayView<float> x, ArrayView<float> y, ArrayView<int> places, ArrayView<float> weights, int count, int inputs, int outputs,
        int inner)
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int output = index / inner % outputs, start = (index / inner / outputs * inputs * inner) + (index % inner);
        float sum = 0f;
        for (int entry = places[output]; entry < places[output + 1]; entry++)
            sum += weights[entry] * x[start + (places[outputs + 1 + entry] * inner)];
        y[index] = sum;
    }
}
