using ILGPU;

namespace Fovea.Gpu.Softmax;

/// <summary>
/// The row that this thread and its neighbours work on: the thread takes every so-many-th element, from its first one on.
/// </summary>
internal readonly struct RowOfThreads
{
    public RowOfThreads(int rows, int columns, int lanes)
    {
        Row = (Grid.IdxX * (Group.DimX / lanes)) + (Group.IdxX / lanes);
        Lane = Group.IdxX % lanes;
        Start = Row * columns;
        // Threads beyond the last row have nothing to do, but they must reach the barriers.
        End = Row < rows ? Start + columns : 0;
        First = Start + Lane;
    }

    public readonly int Row, Lane, Start, End, First;
}
