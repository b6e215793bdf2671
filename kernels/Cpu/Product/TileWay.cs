using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <summary>
/// A part of a tile's way through A: <see cref="Runs"/> runs of <see cref="Count"/> steps. B goes on from step to step and from
/// piece to piece.
/// </summary>
internal struct TilePiece
{
    /// <summary>Where it begins in the first row, in elements from the tile's address in A.</summary>
    public nint Offset;

    /// <summary>The distance between the tile's rows.</summary>
    public nint Row;

    /// <summary>From step to step.</summary>
    public nint Next;

    /// <summary>Steps of a run.</summary>
    public int Count;

    /// <summary>How many runs.</summary>
    public int Runs;

    /// <summary>From run to run.</summary>
    public nint RunStep;
}

/// <summary>The way of a tile through its operands.</summary>
/// <param name="pieces">The parts of the way through A.</param>
/// <param name="count">How many parts.</param>
/// <param name="bNext">From step to step in B.</param>
internal readonly unsafe struct TileWay(TilePiece* pieces, int count, nint bNext)
{
    public readonly TilePiece* Pieces = pieces;

    public readonly int Count = count;

    public readonly nint BNext = bNext;
}

/// <summary>What a tile takes of A: one number for all columns, or a number of its own for each.</summary>
internal unsafe interface ITake
{
    static abstract T Take<T>(float* a) where T : unmanaged, ILanes<T>;

    /// <summary>The product with one vector of B, added to a sum.</summary>
    static abstract T MultiplyAdd<T>(float* a, T b, T sum) where T : unmanaged, ILanes<T>;
}

internal readonly unsafe struct TakeOne : ITake
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Take<T>(float* a) where T : unmanaged, ILanes<T> => T.Create(*a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd<T>(float* a, T b, T sum) where T : unmanaged, ILanes<T> => T.MultiplyAdd(a, b, sum);
}

internal readonly unsafe struct TakeEach : ITake
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Take<T>(float* a) where T : unmanaged, ILanes<T> => T.Load(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd<T>(float* a, T b, T sum) where T : unmanaged, ILanes<T> => T.MultiplyAdd(T.Load(a), b, sum);
}

/// <summary>Where a tile's rows lie in A.</summary>
internal unsafe interface IRowPlaces
{
    /// <summary>The address of a row.</summary>
    /// <param name="third">The last row before it that 3 divides.</param>
    /// <param name="row">Its number, a constant where it is called.</param>
    /// <param name="step">The distance of two rows.</param>
    /// <param name="first">Row 0.</param>
    static abstract float* Of(float* first, float* third, nint step, int row);
}

/// <summary>A packed panel: each step of k holds its rows one after the other, so addresses need no arithmetic.</summary>
internal readonly unsafe struct PackedRows : IRowPlaces
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Of(float* first, float* third, nint step, int row) => first + row;
}

/// <summary>Rows at any distance.</summary>
internal readonly unsafe struct StridedRows : IRowPlaces
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Of(float* first, float* third, nint step, int row) =>
        (row % 3) switch { 0 => third, 1 => third + step, _ => third + (2 * step) };
}
