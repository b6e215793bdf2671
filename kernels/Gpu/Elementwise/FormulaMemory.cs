using Fovea.Gpu.Mathematics;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Elementwise;

/// <summary>How the kernels of formulas reach memory.</summary>
public static class FormulaMemory
{
    /// <summary>The thread's index in the launch.</summary>
    public static int GlobalIndex() => Grid.GlobalIndex.X;

    /// <summary>The thread's index in its group.</summary>
    public static int ThreadIndex() => Group.IdxX;

    /// <summary>A number of the group's row of a table.</summary>
    public static int Row(ArrayView<int> table, int stride, int column) => table[(Grid.IdxX * stride) + column];

    /// <summary>An array from an element on; the element's number is a multiple of four where vectors are read.</summary>
    public static ArrayView<float> From(ArrayView<float> view, int first) => view.SubView(first).AsAligned(16);

    /// <summary>Reads an element.</summary>
    public static float Load(ArrayView<float> view, int index) => view[index];

    /// <summary>Reads four neighbours.</summary>
    public static Float4 LoadFour(ArrayView<float> view, int index) => view.Cast<Float4>()[index];

    /// <summary>Writes an element.</summary>
    public static void Store(ArrayView<float> view, int index, float value) => view[index] = value;

    /// <summary>Writes four neighbours.</summary>
    public static void StoreFour(ArrayView<float> view, int index, float x, float y, float z, float w) =>
        view.Cast<Float4>()[index] = new Float4(x, y, z, w);
}
