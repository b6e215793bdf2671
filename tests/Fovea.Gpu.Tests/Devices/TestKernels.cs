using Fovea.Gpu.Devices.Operations;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Tests;

/// <summary>A struct whose fields do not lie side by side. ILGPU's CPU accelerator wants types of parameters to be public.</summary>
public struct Affine
{
    public byte Unused;
    public double Factor;
    public int Term;
}

/// <summary>Kernels for tests of devices. They are internal, as kernels of other assemblies may be.</summary>
internal static class TestKernels
{
    public static void Add(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] += x[i];
    }

    public static void Map(ArrayView<float> x, ArrayView<float> y, Affine map, int shift)
    {
        int i = Grid.GlobalIndex.X;
        if (i < y.IntLength) y[i] = (float)(map.Factor * x[i]) + map.Term + shift;
    }

    /// <summary>Each thread writes where it is.</summary>
    public static void Where(ArrayView<int> x, SpecializedValue<int> origin)
    {
        int width = Grid.DimX * Group.DimX, height = Grid.DimY * Group.DimY;
        Index3D place = Grid.GlobalIndex;
        x[(((place.Z * height) + place.Y) * width) + place.X] = origin + (100 * Grid.IdxX) + (10 * Grid.IdxY) + Grid.IdxZ;
    }

    /// <summary>Writes past the end where a launch has more threads than the view has elements.</summary>
    public static void Overrun(ArrayView<float> values, int barriers)
    {
        for (int i = 0; i < barriers; i++) KernelGroup.Barrier();
        values[Grid.GlobalIndex.X] = 1f;
        for (int i = 0; i < barriers; i++) KernelGroup.Barrier();
        values[Grid.GlobalIndex.X] += 1f;
    }

    /// <summary>Some threads end before a barrier that the others wait at.</summary>
    public static void EndEarly(ArrayView<float> values)
    {
        int i = Grid.GlobalIndex.X;
        if (i % 4 == 1) return;
        KernelGroup.Barrier();
        values[i] = 1f;
    }

    /// <summary>Reverses groups of 64 through shared memory.</summary>
    public static void Reverse(ArrayView<float> values)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(64);
        int i = Grid.GlobalIndex.X;
        shared[Group.IdxX] = values[i];
        KernelGroup.Barrier();
        values[i] = shared[63 - Group.IdxX];
    }

    /// <summary>ILGPU takes no exceptions.</summary>
    public static void Throws(ArrayView<float> values)
    {
        if (values.IntLength < 0) throw new InvalidOperationException();
        values[0] = 1f;
    }

    /// <summary>ILGPU takes no objects.</summary>
    public static void TakesText(ArrayView<float> values, SpecializedValue<int> index)
    {
        string text = $"element {(int)index}";
        values[0] = text.Length;
    }

    public static void Specialized(
        ArrayView<float> y, SpecializedValue<int> count, SpecializedValue<float> step, SpecializedValue<bool> negative)
    {
        for (int i = 0; i < count; i++) y[i] = negative ? -step * i : step * i;
    }

    /// <summary>A type argument that is internal too.</summary>
    public static void Scale<TFactor>(ArrayView<float> values)
        where TFactor : struct, IFactor
    {
        int i = Grid.GlobalIndex.X;
        if (i < values.IntLength) values[i] *= TFactor.Value;
    }
}

internal interface IFactor
{
    static abstract float Value { get; }
}

internal readonly struct Three : IFactor
{
    public static float Value => 3f;
}
