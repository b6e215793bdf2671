using ILGPU;

namespace Fovea.Gpu.Reduction;

/// <summary>Repeats an array outer × inner along a dimension between the two.</summary>
public static class BroadcastCopy
{
    /// <summary>Copies an element a thread.</summary>
    /// <param name="x">outer × inner.</param>
    /// <param name="y">outer × repeats × inner.</param>
    /// <param name="count">How many elements <paramref name="y"/> has.</param>
    /// <param name="repeats">How often each row is repeated.</param>
    /// <param name="inner">The length of a row.</param>
    public static void Run(ArrayView<float> x, ArrayView<float> y, int count, int repeats, int inner)
    {
        int index = Grid.GlobalIndex.X;
        if (index < count) y[index] = x[(index / inner / repeats * inner) + (index % inner)];
    }
}
