using System.Runtime.CompilerServices;
using Fovea.Compute.Cpu;

namespace Fovea.Kernels.Simd.Convolution;

/// <summary>
/// How a tile goes through its operands: rows of columns of runs. Step by step, A's pointer moves by <see cref="ANext"/> and B's by
/// <see cref="BNext"/>; A begins anew for every column and row, while B goes on.
/// </summary>
internal struct DirectWalk
{
    public int Rows, Columns, Count;
    public nint ARow, AColumn, ANext, BNext;

    /// <summary>The distance between the tile's rows in A.</summary>
    public nint AStep;
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
internal sealed unsafe class DirectTiles
{
    private readonly delegate*<DirectWalk*, float*, float*, float*, nint, float*, bool, void> tall1, tall2, short1, short2;

    private DirectTiles(
        int lanes,
        int tallRows,
        delegate*<DirectWalk*, float*, float*, float*, nint, float*, bool, void> tall1,
        delegate*<DirectWalk*, float*, float*, float*, nint, float*, bool, void> tall2,
        delegate*<DirectWalk*, float*, float*, float*, nint, float*, bool, void> short1,
        delegate*<DirectWalk*, float*, float*, float*, nint, float*, bool, void> short2)
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
    public static DirectTiles For(SimdLevel level, bool each) => (level, each) switch
    {
        // Sixteen registers hold six rows, thirty-two hold twelve.
        (SimdLevel.Vector512, false) => new(16, 12, &Tile12x1<Lanes512, TakeOne>, &Tile12x2<Lanes512, TakeOne>, &Tile6x1<Lanes512, TakeOne>, &Tile6x2<Lanes512, TakeOne>),
        (SimdLevel.Vector512, true) => new(16, 12, &Tile12x1<Lanes512, TakeEach>, null, &Tile6x1<Lanes512, TakeEach>, null),
        (SimdLevel.Vector256, false) => new(8, 6, &Tile6x1<Lanes256, TakeOne>, &Tile6x2<Lanes256, TakeOne>, &Tile6x1<Lanes256, TakeOne>, &Tile6x2<Lanes256, TakeOne>),
        (SimdLevel.Vector256, true) => new(8, 6, &Tile6x1<Lanes256, TakeEach>, null, &Tile6x1<Lanes256, TakeEach>, null),
        (_, false) => new(4, 6, &Tile6x1<Lanes128, TakeOne>, &Tile6x2<Lanes128, TakeOne>, &Tile6x1<Lanes128, TakeOne>, &Tile6x2<Lanes128, TakeOne>),
        (_, true) => new(4, 6, &Tile6x1<Lanes128, TakeEach>, null, &Tile6x1<Lanes128, TakeEach>, null),
    };

    /// <summary>Computes a tile.</summary>
    /// <param name="rows">Its rows: <see cref="TallRows"/> or <see cref="ShortRows"/>.</param>
    /// <param name="vectors">Vectors of a row: 1, or with a broadcast A 2.</param>
    /// <param name="walk">The way through the operands.</param>
    /// <param name="a">A's first number of the first row.</param>
    /// <param name="b">B's first vector.</param>
    /// <param name="c">The first row of the result.</param>
    /// <param name="stride">The distance between rows of the result.</param>
    /// <param name="start">What a row's sums begin with; null for what is in the result.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    public void Run(int rows, int vectors, DirectWalk* walk, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
    {
        if (vectors == 2) (rows == ShortRows ? short2 : tall2)(walk, a, b, c, stride, start, clampNegative);
        else (rows == ShortRows ? short1 : tall1)(walk, a, b, c, stride, start, clampNegative);
    }

    /// <summary>12 rows of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile12x2<T, TTake>(DirectWalk* walk, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint step = walk->AStep, step2 = 2 * step, step3 = 3 * step, aNext = walk->ANext, bNext = walk->BNext;
        T c0a = Start<T>(start, c, 0, 0), c0b = Start<T>(start, c, 0, T.Count);
        T c1a = Start<T>(start, c, stride, 0), c1b = Start<T>(start, c, stride, T.Count);
        T c2a = Start<T>(start, c, 2 * stride, 0), c2b = Start<T>(start, c, 2 * stride, T.Count);
        T c3a = Start<T>(start, c, 3 * stride, 0), c3b = Start<T>(start, c, 3 * stride, T.Count);
        T c4a = Start<T>(start, c, 4 * stride, 0), c4b = Start<T>(start, c, 4 * stride, T.Count);
        T c5a = Start<T>(start, c, 5 * stride, 0), c5b = Start<T>(start, c, 5 * stride, T.Count);
        T c6a = Start<T>(start, c, 6 * stride, 0), c6b = Start<T>(start, c, 6 * stride, T.Count);
        T c7a = Start<T>(start, c, 7 * stride, 0), c7b = Start<T>(start, c, 7 * stride, T.Count);
        T c8a = Start<T>(start, c, 8 * stride, 0), c8b = Start<T>(start, c, 8 * stride, T.Count);
        T c9a = Start<T>(start, c, 9 * stride, 0), c9b = Start<T>(start, c, 9 * stride, T.Count);
        T c10a = Start<T>(start, c, 10 * stride, 0), c10b = Start<T>(start, c, 10 * stride, T.Count);
        T c11a = Start<T>(start, c, 11 * stride, 0), c11b = Start<T>(start, c, 11 * stride, T.Count);
        for (int row = walk->Rows; row > 0; row--, a += walk->ARow)
        {
            float* line = a;
            for (int column = walk->Columns; column > 0; column--, line += walk->AColumn)
            {
                float* p = line;
                for (int left = walk->Count; left > 0; left--, p += aNext, b += bNext)
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
        Store(c0a, c, clampNegative);
        Store(c0b, c + T.Count, clampNegative);
        Store(c1a, c + stride, clampNegative);
        Store(c1b, c + stride + T.Count, clampNegative);
        Store(c2a, c + (2 * stride), clampNegative);
        Store(c2b, c + (2 * stride) + T.Count, clampNegative);
        Store(c3a, c + (3 * stride), clampNegative);
        Store(c3b, c + (3 * stride) + T.Count, clampNegative);
        Store(c4a, c + (4 * stride), clampNegative);
        Store(c4b, c + (4 * stride) + T.Count, clampNegative);
        Store(c5a, c + (5 * stride), clampNegative);
        Store(c5b, c + (5 * stride) + T.Count, clampNegative);
        Store(c6a, c + (6 * stride), clampNegative);
        Store(c6b, c + (6 * stride) + T.Count, clampNegative);
        Store(c7a, c + (7 * stride), clampNegative);
        Store(c7b, c + (7 * stride) + T.Count, clampNegative);
        Store(c8a, c + (8 * stride), clampNegative);
        Store(c8b, c + (8 * stride) + T.Count, clampNegative);
        Store(c9a, c + (9 * stride), clampNegative);
        Store(c9b, c + (9 * stride) + T.Count, clampNegative);
        Store(c10a, c + (10 * stride), clampNegative);
        Store(c10b, c + (10 * stride) + T.Count, clampNegative);
        Store(c11a, c + (11 * stride), clampNegative);
        Store(c11b, c + (11 * stride) + T.Count, clampNegative);
    }
    /// <summary>12 rows of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile12x1<T, TTake>(DirectWalk* walk, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint step = walk->AStep, step2 = 2 * step, step3 = 3 * step, aNext = walk->ANext, bNext = walk->BNext;
        T c0 = Start<T>(start, c, 0, 0);
        T c1 = Start<T>(start, c, stride, 0);
        T c2 = Start<T>(start, c, 2 * stride, 0);
        T c3 = Start<T>(start, c, 3 * stride, 0);
        T c4 = Start<T>(start, c, 4 * stride, 0);
        T c5 = Start<T>(start, c, 5 * stride, 0);
        T c6 = Start<T>(start, c, 6 * stride, 0);
        T c7 = Start<T>(start, c, 7 * stride, 0);
        T c8 = Start<T>(start, c, 8 * stride, 0);
        T c9 = Start<T>(start, c, 9 * stride, 0);
        T c10 = Start<T>(start, c, 10 * stride, 0);
        T c11 = Start<T>(start, c, 11 * stride, 0);
        for (int row = walk->Rows; row > 0; row--, a += walk->ARow)
        {
            float* line = a;
            for (int column = walk->Columns; column > 0; column--, line += walk->AColumn)
            {
                float* p = line;
                for (int left = walk->Count; left > 0; left--, p += aNext, b += bNext)
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
        Store(c0, c, clampNegative);
        Store(c1, c + stride, clampNegative);
        Store(c2, c + (2 * stride), clampNegative);
        Store(c3, c + (3 * stride), clampNegative);
        Store(c4, c + (4 * stride), clampNegative);
        Store(c5, c + (5 * stride), clampNegative);
        Store(c6, c + (6 * stride), clampNegative);
        Store(c7, c + (7 * stride), clampNegative);
        Store(c8, c + (8 * stride), clampNegative);
        Store(c9, c + (9 * stride), clampNegative);
        Store(c10, c + (10 * stride), clampNegative);
        Store(c11, c + (11 * stride), clampNegative);
    }
    /// <summary>6 rows of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile6x2<T, TTake>(DirectWalk* walk, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint step = walk->AStep, step2 = 2 * step, step3 = 3 * step, aNext = walk->ANext, bNext = walk->BNext;
        T c0a = Start<T>(start, c, 0, 0), c0b = Start<T>(start, c, 0, T.Count);
        T c1a = Start<T>(start, c, stride, 0), c1b = Start<T>(start, c, stride, T.Count);
        T c2a = Start<T>(start, c, 2 * stride, 0), c2b = Start<T>(start, c, 2 * stride, T.Count);
        T c3a = Start<T>(start, c, 3 * stride, 0), c3b = Start<T>(start, c, 3 * stride, T.Count);
        T c4a = Start<T>(start, c, 4 * stride, 0), c4b = Start<T>(start, c, 4 * stride, T.Count);
        T c5a = Start<T>(start, c, 5 * stride, 0), c5b = Start<T>(start, c, 5 * stride, T.Count);
        for (int row = walk->Rows; row > 0; row--, a += walk->ARow)
        {
            float* line = a;
            for (int column = walk->Columns; column > 0; column--, line += walk->AColumn)
            {
                float* p = line;
                for (int left = walk->Count; left > 0; left--, p += aNext, b += bNext)
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
        Store(c0a, c, clampNegative);
        Store(c0b, c + T.Count, clampNegative);
        Store(c1a, c + stride, clampNegative);
        Store(c1b, c + stride + T.Count, clampNegative);
        Store(c2a, c + (2 * stride), clampNegative);
        Store(c2b, c + (2 * stride) + T.Count, clampNegative);
        Store(c3a, c + (3 * stride), clampNegative);
        Store(c3b, c + (3 * stride) + T.Count, clampNegative);
        Store(c4a, c + (4 * stride), clampNegative);
        Store(c4b, c + (4 * stride) + T.Count, clampNegative);
        Store(c5a, c + (5 * stride), clampNegative);
        Store(c5b, c + (5 * stride) + T.Count, clampNegative);
    }
    /// <summary>6 rows of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile6x1<T, TTake>(DirectWalk* walk, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
    {
        nint step = walk->AStep, step2 = 2 * step, step3 = 3 * step, aNext = walk->ANext, bNext = walk->BNext;
        T c0 = Start<T>(start, c, 0, 0);
        T c1 = Start<T>(start, c, stride, 0);
        T c2 = Start<T>(start, c, 2 * stride, 0);
        T c3 = Start<T>(start, c, 3 * stride, 0);
        T c4 = Start<T>(start, c, 4 * stride, 0);
        T c5 = Start<T>(start, c, 5 * stride, 0);
        for (int row = walk->Rows; row > 0; row--, a += walk->ARow)
        {
            float* line = a;
            for (int column = walk->Columns; column > 0; column--, line += walk->AColumn)
            {
                float* p = line;
                for (int left = walk->Count; left > 0; left--, p += aNext, b += bNext)
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
        Store(c0, c, clampNegative);
        Store(c1, c + stride, clampNegative);
        Store(c2, c + (2 * stride), clampNegative);
        Store(c3, c + (3 * stride), clampNegative);
        Store(c4, c + (4 * stride), clampNegative);
        Store(c5, c + (5 * stride), clampNegative);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Start<T>(float* start, float* c, nint row, int column)
        where T : unmanaged, ILanes<T> => start is null ? T.Load(c + row + column) : T.Load(start + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T value, float* c, bool clampNegative)
        where T : unmanaged, ILanes<T> => (clampNegative ? T.AtLeast(T.Create(0), value) : value).Store(c);
}
