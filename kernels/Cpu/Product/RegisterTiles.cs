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
}

internal readonly unsafe struct TakeOne : ITake
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Take<T>(float* a) where T : unmanaged, ILanes<T> => T.Create(*a);
}

internal readonly unsafe struct TakeEach : ITake
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Take<T>(float* a) where T : unmanaged, ILanes<T> => T.Load(a);
}

/// <summary>The register tiles of one vector width, with A broadcast or taken column by column.</summary>
internal sealed unsafe class RegisterTiles
{
    private readonly delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall1, tall2, short1, short2;

    private RegisterTiles(
        int lanes,
        int tallRows,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall1,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall2,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> short1,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> short2)
    {
        (Lanes, TallRows) = (lanes, tallRows);
        this.tall1 = tall1;
        this.tall2 = tall2;
        this.short1 = short1;
        this.short2 = short2;
    }

    /// <summary>Numbers of a vector.</summary>
    public int Lanes { get; }

    /// <summary>Rows of a small tile.</summary>
    public const int ShortRows = 6;

    /// <summary>Rows of a large tile.</summary>
    public int TallRows { get; }

    /// <summary>The tiles of a width.</summary>
    /// <param name="level">The width.</param>
    /// <param name="each">Whether every column has its own numbers in A.</param>
    public static RegisterTiles For(SimdLevel level, bool each) => (level, each) switch
    {
        // Sixteen registers hold six rows, thirty-two hold twelve.
        (SimdLevel.Vector512, false) =>
            new(16, 12, &Tile12x1<Lanes512, TakeOne>, &Tile12x2<Lanes512, TakeOne>, &Tile6x1<Lanes512, TakeOne>,
            &Tile6x2<Lanes512, TakeOne>),
        (SimdLevel.Vector512, true) => new(16, 12, &Tile12x1<Lanes512, TakeEach>, null, &Tile6x1<Lanes512, TakeEach>, null),
        (SimdLevel.Vector256, false) =>
            new(8, 6, &Tile6x1<Lanes256, TakeOne>, &Tile6x2<Lanes256, TakeOne>, &Tile6x1<Lanes256, TakeOne>, &Tile6x2<Lanes256, TakeOne>),
        (SimdLevel.Vector256, true) => new(8, 6, &Tile6x1<Lanes256, TakeEach>, null, &Tile6x1<Lanes256, TakeEach>, null),
        (_, false) =>
            new(4, 6, &Tile6x1<Lanes128, TakeOne>, &Tile6x2<Lanes128, TakeOne>, &Tile6x1<Lanes128, TakeOne>, &Tile6x2<Lanes128, TakeOne>),
        (_, true) => new(4, 6, &Tile6x1<Lanes128, TakeEach>, null, &Tile6x1<Lanes128, TakeEach>, null),
    };

    /// <summary>Computes a tile.</summary>
    /// <param name="rows">Its rows: <see cref="TallRows"/> or <see cref="ShortRows"/>.</param>
    /// <param name="vectors">Vectors of a row: 1, or with a broadcast A 2.</param>
    /// <param name="way">The way through the operands.</param>
    /// <param name="a">A's first number of the first row.</param>
    /// <param name="b">B's first vector.</param>
    /// <param name="c">The first row of the result.</param>
    /// <param name="stride">The distance between rows of the result.</param>
    /// <param name="start">What a row's sums begin with; null to add them to what is in the result.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    public void Run(int rows, int vectors, in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
    {
        if (vectors == 2) (rows == ShortRows ? short2 : tall2)(way, a, b, c, stride, start, clampNegative);
        else (rows == ShortRows ? short1 : tall1)(way, a, b, c, stride, start, clampNegative);
    }

    /// <summary>12 rows of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile12x2<T, TTake>(in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint bNext = way.BNext;
        T firstA = Start<T>(start, 0), firstB = Start<T>(start, T.Count);
        T c0a = firstA, c0b = firstB;
        T c1a = firstA, c1b = firstB;
        T c2a = firstA, c2b = firstB;
        T c3a = firstA, c3b = firstB;
        T c4a = firstA, c4b = firstB;
        T c5a = firstA, c5b = firstB;
        T c6a = firstA, c6b = firstB;
        T c7a = firstA, c7b = firstB;
        T c8a = firstA, c8b = firstB;
        T c9a = firstA, c9b = firstB;
        T c10a = firstA, c10b = firstB;
        T c11a = firstA, c11b = firstB;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step2 = 2 * step, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b), y = T.Load(b + T.Count), f;
                    float* p1 = p + step3, p2 = p1 + step3, p3 = p2 + step3;
                    f = TTake.Take<T>(p);
                    c0a = T.MultiplyAdd(f, x, c0a);
                    c0b = T.MultiplyAdd(f, y, c0b);
                    f = TTake.Take<T>(p + step);
                    c1a = T.MultiplyAdd(f, x, c1a);
                    c1b = T.MultiplyAdd(f, y, c1b);
                    f = TTake.Take<T>(p + step2);
                    c2a = T.MultiplyAdd(f, x, c2a);
                    c2b = T.MultiplyAdd(f, y, c2b);
                    f = TTake.Take<T>(p1);
                    c3a = T.MultiplyAdd(f, x, c3a);
                    c3b = T.MultiplyAdd(f, y, c3b);
                    f = TTake.Take<T>(p1 + step);
                    c4a = T.MultiplyAdd(f, x, c4a);
                    c4b = T.MultiplyAdd(f, y, c4b);
                    f = TTake.Take<T>(p1 + step2);
                    c5a = T.MultiplyAdd(f, x, c5a);
                    c5b = T.MultiplyAdd(f, y, c5b);
                    f = TTake.Take<T>(p2);
                    c6a = T.MultiplyAdd(f, x, c6a);
                    c6b = T.MultiplyAdd(f, y, c6b);
                    f = TTake.Take<T>(p2 + step);
                    c7a = T.MultiplyAdd(f, x, c7a);
                    c7b = T.MultiplyAdd(f, y, c7b);
                    f = TTake.Take<T>(p2 + step2);
                    c8a = T.MultiplyAdd(f, x, c8a);
                    c8b = T.MultiplyAdd(f, y, c8b);
                    f = TTake.Take<T>(p3);
                    c9a = T.MultiplyAdd(f, x, c9a);
                    c9b = T.MultiplyAdd(f, y, c9b);
                    f = TTake.Take<T>(p3 + step);
                    c10a = T.MultiplyAdd(f, x, c10a);
                    c10b = T.MultiplyAdd(f, y, c10b);
                    f = TTake.Take<T>(p3 + step2);
                    c11a = T.MultiplyAdd(f, x, c11a);
                    c11b = T.MultiplyAdd(f, y, c11b);
                }
            }
        }
        Store(c0a, c, start, clampNegative);
        Store(c0b, c + T.Count, start, clampNegative);
        Store(c1a, c + stride, start, clampNegative);
        Store(c1b, c + stride + T.Count, start, clampNegative);
        Store(c2a, c + (2 * stride), start, clampNegative);
        Store(c2b, c + (2 * stride) + T.Count, start, clampNegative);
        Store(c3a, c + (3 * stride), start, clampNegative);
        Store(c3b, c + (3 * stride) + T.Count, start, clampNegative);
        Store(c4a, c + (4 * stride), start, clampNegative);
        Store(c4b, c + (4 * stride) + T.Count, start, clampNegative);
        Store(c5a, c + (5 * stride), start, clampNegative);
        Store(c5b, c + (5 * stride) + T.Count, start, clampNegative);
        Store(c6a, c + (6 * stride), start, clampNegative);
        Store(c6b, c + (6 * stride) + T.Count, start, clampNegative);
        Store(c7a, c + (7 * stride), start, clampNegative);
        Store(c7b, c + (7 * stride) + T.Count, start, clampNegative);
        Store(c8a, c + (8 * stride), start, clampNegative);
        Store(c8b, c + (8 * stride) + T.Count, start, clampNegative);
        Store(c9a, c + (9 * stride), start, clampNegative);
        Store(c9b, c + (9 * stride) + T.Count, start, clampNegative);
        Store(c10a, c + (10 * stride), start, clampNegative);
        Store(c10b, c + (10 * stride) + T.Count, start, clampNegative);
        Store(c11a, c + (11 * stride), start, clampNegative);
        Store(c11b, c + (11 * stride) + T.Count, start, clampNegative);
    }

    /// <summary>12 rows of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile12x1<T, TTake>(in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint bNext = way.BNext;
        T first = Start<T>(start, 0);
        T c0 = first, c1 = first, c2 = first, c3 = first, c4 = first, c5 = first, c6 = first, c7 = first, c8 = first, c9 = first,
            c10 = first, c11 = first;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step2 = 2 * step, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b);
                    float* p1 = p + step3, p2 = p1 + step3, p3 = p2 + step3;
                    c0 = T.MultiplyAdd(TTake.Take<T>(p), x, c0);
                    c1 = T.MultiplyAdd(TTake.Take<T>(p + step), x, c1);
                    c2 = T.MultiplyAdd(TTake.Take<T>(p + step2), x, c2);
                    c3 = T.MultiplyAdd(TTake.Take<T>(p1), x, c3);
                    c4 = T.MultiplyAdd(TTake.Take<T>(p1 + step), x, c4);
                    c5 = T.MultiplyAdd(TTake.Take<T>(p1 + step2), x, c5);
                    c6 = T.MultiplyAdd(TTake.Take<T>(p2), x, c6);
                    c7 = T.MultiplyAdd(TTake.Take<T>(p2 + step), x, c7);
                    c8 = T.MultiplyAdd(TTake.Take<T>(p2 + step2), x, c8);
                    c9 = T.MultiplyAdd(TTake.Take<T>(p3), x, c9);
                    c10 = T.MultiplyAdd(TTake.Take<T>(p3 + step), x, c10);
                    c11 = T.MultiplyAdd(TTake.Take<T>(p3 + step2), x, c11);
                }
            }
        }
        Store(c0, c, start, clampNegative);
        Store(c1, c + stride, start, clampNegative);
        Store(c2, c + (2 * stride), start, clampNegative);
        Store(c3, c + (3 * stride), start, clampNegative);
        Store(c4, c + (4 * stride), start, clampNegative);
        Store(c5, c + (5 * stride), start, clampNegative);
        Store(c6, c + (6 * stride), start, clampNegative);
        Store(c7, c + (7 * stride), start, clampNegative);
        Store(c8, c + (8 * stride), start, clampNegative);
        Store(c9, c + (9 * stride), start, clampNegative);
        Store(c10, c + (10 * stride), start, clampNegative);
        Store(c11, c + (11 * stride), start, clampNegative);
    }

    /// <summary>6 rows of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile6x2<T, TTake>(in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint bNext = way.BNext;
        T firstA = Start<T>(start, 0), firstB = Start<T>(start, T.Count);
        T c0a = firstA, c0b = firstB;
        T c1a = firstA, c1b = firstB;
        T c2a = firstA, c2b = firstB;
        T c3a = firstA, c3b = firstB;
        T c4a = firstA, c4b = firstB;
        T c5a = firstA, c5b = firstB;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step2 = 2 * step, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b), y = T.Load(b + T.Count), f;
                    float* p1 = p + step3;
                    f = TTake.Take<T>(p);
                    c0a = T.MultiplyAdd(f, x, c0a);
                    c0b = T.MultiplyAdd(f, y, c0b);
                    f = TTake.Take<T>(p + step);
                    c1a = T.MultiplyAdd(f, x, c1a);
                    c1b = T.MultiplyAdd(f, y, c1b);
                    f = TTake.Take<T>(p + step2);
                    c2a = T.MultiplyAdd(f, x, c2a);
                    c2b = T.MultiplyAdd(f, y, c2b);
                    f = TTake.Take<T>(p1);
                    c3a = T.MultiplyAdd(f, x, c3a);
                    c3b = T.MultiplyAdd(f, y, c3b);
                    f = TTake.Take<T>(p1 + step);
                    c4a = T.MultiplyAdd(f, x, c4a);
                    c4b = T.MultiplyAdd(f, y, c4b);
                    f = TTake.Take<T>(p1 + step2);
                    c5a = T.MultiplyAdd(f, x, c5a);
                    c5b = T.MultiplyAdd(f, y, c5b);
                }
            }
        }
        Store(c0a, c, start, clampNegative);
        Store(c0b, c + T.Count, start, clampNegative);
        Store(c1a, c + stride, start, clampNegative);
        Store(c1b, c + stride + T.Count, start, clampNegative);
        Store(c2a, c + (2 * stride), start, clampNegative);
        Store(c2b, c + (2 * stride) + T.Count, start, clampNegative);
        Store(c3a, c + (3 * stride), start, clampNegative);
        Store(c3b, c + (3 * stride) + T.Count, start, clampNegative);
        Store(c4a, c + (4 * stride), start, clampNegative);
        Store(c4b, c + (4 * stride) + T.Count, start, clampNegative);
        Store(c5a, c + (5 * stride), start, clampNegative);
        Store(c5b, c + (5 * stride) + T.Count, start, clampNegative);
    }

    /// <summary>6 rows of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile6x1<T, TTake>(in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint bNext = way.BNext;
        T first = Start<T>(start, 0);
        T c0 = first, c1 = first, c2 = first, c3 = first, c4 = first, c5 = first;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step2 = 2 * step, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b);
                    float* p1 = p + step3;
                    c0 = T.MultiplyAdd(TTake.Take<T>(p), x, c0);
                    c1 = T.MultiplyAdd(TTake.Take<T>(p + step), x, c1);
                    c2 = T.MultiplyAdd(TTake.Take<T>(p + step2), x, c2);
                    c3 = T.MultiplyAdd(TTake.Take<T>(p1), x, c3);
                    c4 = T.MultiplyAdd(TTake.Take<T>(p1 + step), x, c4);
                    c5 = T.MultiplyAdd(TTake.Take<T>(p1 + step2), x, c5);
                }
            }
        }
        Store(c0, c, start, clampNegative);
        Store(c1, c + stride, start, clampNegative);
        Store(c2, c + (2 * stride), start, clampNegative);
        Store(c3, c + (3 * stride), start, clampNegative);
        Store(c4, c + (4 * stride), start, clampNegative);
        Store(c5, c + (5 * stride), start, clampNegative);
    }

    /// <summary>What a sum begins with. What is in the result already is added at the end, since long sums err less in two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Start<T>(float* start, int column)
        where T : unmanaged, ILanes<T> => start is null ? T.Create(0) : T.Load(start + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T value, float* c, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
    {
        if (start is null) value += T.Load(c);
        (clampNegative ? T.AtLeast(T.Create(0), value) : value).Store(c);
    }
}
