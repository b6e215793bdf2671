using Fovea.Compute.Dialect;

namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>
/// Elementwise formulas. The code is a type and its registers' numbers are constants, so that nothing of this machinery is left in the
/// compiled kernel. Outputs may be the arrays of inputs. Arrays that are not used are empty.
/// </summary>
public static class MapKernels
{
    /// <summary>Values that code may hold at once.</summary>
    public const int Registers = 32;

    /// <summary>Elements that one group of <see cref="RunGroup"/> works on: a row of its table.</summary>
    public const int GroupElements = 1024;

    /// <summary>The integers of a row of that table: the number of vectors, and where they begin in each array.</summary>
    public const int TableStride = 1 + MapSlots.Count;

    /// <summary>Computes an element a thread.</summary>
    [Kernel]
    public static void Run<TCode>(
        ArrayView<float> m0, ArrayView<float> m1, ArrayView<float> m2, ArrayView<float> m3, ArrayView<float> m4, ArrayView<float> m5, ArrayView<float> m6, ArrayView<float> m7,
        ArrayView<float> m8, ArrayView<float> m9, ArrayView<float> m10, ArrayView<float> m11, ArrayView<float> m12, ArrayView<float> m13, ArrayView<float> m14, ArrayView<float> m15,
        int count, int period, [Constant] TCode code)
        where TCode : struct, IMapCode
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        Span<float> r = stackalloc float[Registers];
        code.Run<OneLane>(new MapFrame(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, index, period), r);
    }

    /// <summary>Computes four neighbouring elements a thread; count and period are in fours.</summary>
    [Kernel]
    public static void RunVectors<TCode>(
        ArrayView<float> m0, ArrayView<float> m1, ArrayView<float> m2, ArrayView<float> m3, ArrayView<float> m4, ArrayView<float> m5, ArrayView<float> m6, ArrayView<float> m7,
        ArrayView<float> m8, ArrayView<float> m9, ArrayView<float> m10, ArrayView<float> m11, ArrayView<float> m12, ArrayView<float> m13, ArrayView<float> m14, ArrayView<float> m15,
        int count, int period, [Constant] TCode code)
        where TCode : struct, IMapCode
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        Span<float> r = stackalloc float[4 * Registers];
        code.Run<FourLanes>(new MapFrame(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, index, period), r);
    }

    /// <summary>
    /// Computes many pieces, four elements a thread. Each group reads a row of the table: how many vectors its piece has, at most as
    /// many as the group has threads, and at which element it begins in each array.
    /// </summary>
    [Kernel(GroupSize = GroupElements / 4)]
    public static void RunGroup<TCode>(
        ArrayView<int> table,
        ArrayView<float> m0, ArrayView<float> m1, ArrayView<float> m2, ArrayView<float> m3, ArrayView<float> m4, ArrayView<float> m5, ArrayView<float> m6, ArrayView<float> m7,
        ArrayView<float> m8, ArrayView<float> m9, ArrayView<float> m10, ArrayView<float> m11, ArrayView<float> m12, ArrayView<float> m13, ArrayView<float> m14, ArrayView<float> m15,
        [Constant] TCode code)
        where TCode : struct, IMapCode
    {
        ArrayView<int> row = table.SubView(Grid.IdxX * TableStride);
        if (Group.IdxX >= row[0]) return;
        Span<float> r = stackalloc float[4 * Registers];
        var frame = new MapFrame(
            m0.SubView(row[1]), m1.SubView(row[2]), m2.SubView(row[3]), m3.SubView(row[4]),
            m4.SubView(row[5]), m5.SubView(row[6]), m6.SubView(row[7]), m7.SubView(row[8]),
            m8.SubView(row[9]), m9.SubView(row[10]), m10.SubView(row[11]), m11.SubView(row[12]),
            m12.SubView(row[13]), m13.SubView(row[14]), m14.SubView(row[15]), m15.SubView(row[16]),
            Group.IdxX, 1);
        code.Run<FourLanes>(frame, r);
    }
}
