using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <content>The tiles, spelled out because only named locals are kept in registers.</content>
internal sealed unsafe partial class RegisterTiles
{
    /// <summary>12 rows of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile12x2<T, TTake, TRows>(
        in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
        where TRows : IRowPlaces
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
            nint step = piece->Row, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b), y = T.Load(b + T.Count), f;
                    float* p1 = p + step3, p2 = p1 + step3, p3 = p2 + step3;
                    f = TTake.Take<T>(TRows.Of(p, p, step, 0));
                    c0a = T.MultiplyAdd(f, x, c0a);
                    c0b = T.MultiplyAdd(f, y, c0b);
                    f = TTake.Take<T>(TRows.Of(p, p, step, 1));
                    c1a = T.MultiplyAdd(f, x, c1a);
                    c1b = T.MultiplyAdd(f, y, c1b);
                    f = TTake.Take<T>(TRows.Of(p, p, step, 2));
                    c2a = T.MultiplyAdd(f, x, c2a);
                    c2b = T.MultiplyAdd(f, y, c2b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 3));
                    c3a = T.MultiplyAdd(f, x, c3a);
                    c3b = T.MultiplyAdd(f, y, c3b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 4));
                    c4a = T.MultiplyAdd(f, x, c4a);
                    c4b = T.MultiplyAdd(f, y, c4b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 5));
                    c5a = T.MultiplyAdd(f, x, c5a);
                    c5b = T.MultiplyAdd(f, y, c5b);
                    f = TTake.Take<T>(TRows.Of(p, p2, step, 6));
                    c6a = T.MultiplyAdd(f, x, c6a);
                    c6b = T.MultiplyAdd(f, y, c6b);
                    f = TTake.Take<T>(TRows.Of(p, p2, step, 7));
                    c7a = T.MultiplyAdd(f, x, c7a);
                    c7b = T.MultiplyAdd(f, y, c7b);
                    f = TTake.Take<T>(TRows.Of(p, p2, step, 8));
                    c8a = T.MultiplyAdd(f, x, c8a);
                    c8b = T.MultiplyAdd(f, y, c8b);
                    f = TTake.Take<T>(TRows.Of(p, p3, step, 9));
                    c9a = T.MultiplyAdd(f, x, c9a);
                    c9b = T.MultiplyAdd(f, y, c9b);
                    f = TTake.Take<T>(TRows.Of(p, p3, step, 10));
                    c10a = T.MultiplyAdd(f, x, c10a);
                    c10b = T.MultiplyAdd(f, y, c10b);
                    f = TTake.Take<T>(TRows.Of(p, p3, step, 11));
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
    public static void Tile12x1<T, TTake, TRows>(
        in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
        where TRows : IRowPlaces
    {
        nint bNext = way.BNext;
        T first = Start<T>(start, 0);
        T c0 = first, c1 = first, c2 = first, c3 = first, c4 = first, c5 = first, c6 = first, c7 = first, c8 = first, c9 = first,
            c10 = first, c11 = first;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b);
                    float* p1 = p + step3, p2 = p1 + step3, p3 = p2 + step3;
                    c0 = TTake.MultiplyAdd(TRows.Of(p, p, step, 0), x, c0);
                    c1 = TTake.MultiplyAdd(TRows.Of(p, p, step, 1), x, c1);
                    c2 = TTake.MultiplyAdd(TRows.Of(p, p, step, 2), x, c2);
                    c3 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 3), x, c3);
                    c4 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 4), x, c4);
                    c5 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 5), x, c5);
                    c6 = TTake.MultiplyAdd(TRows.Of(p, p2, step, 6), x, c6);
                    c7 = TTake.MultiplyAdd(TRows.Of(p, p2, step, 7), x, c7);
                    c8 = TTake.MultiplyAdd(TRows.Of(p, p2, step, 8), x, c8);
                    c9 = TTake.MultiplyAdd(TRows.Of(p, p3, step, 9), x, c9);
                    c10 = TTake.MultiplyAdd(TRows.Of(p, p3, step, 10), x, c10);
                    c11 = TTake.MultiplyAdd(TRows.Of(p, p3, step, 11), x, c11);
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
    public static void Tile6x2<T, TTake, TRows>(
        in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
        where TRows : IRowPlaces
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
            nint step = piece->Row, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b), y = T.Load(b + T.Count), f;
                    float* p1 = p + step3;
                    f = TTake.Take<T>(TRows.Of(p, p, step, 0));
                    c0a = T.MultiplyAdd(f, x, c0a);
                    c0b = T.MultiplyAdd(f, y, c0b);
                    f = TTake.Take<T>(TRows.Of(p, p, step, 1));
                    c1a = T.MultiplyAdd(f, x, c1a);
                    c1b = T.MultiplyAdd(f, y, c1b);
                    f = TTake.Take<T>(TRows.Of(p, p, step, 2));
                    c2a = T.MultiplyAdd(f, x, c2a);
                    c2b = T.MultiplyAdd(f, y, c2b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 3));
                    c3a = T.MultiplyAdd(f, x, c3a);
                    c3b = T.MultiplyAdd(f, y, c3b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 4));
                    c4a = T.MultiplyAdd(f, x, c4a);
                    c4b = T.MultiplyAdd(f, y, c4b);
                    f = TTake.Take<T>(TRows.Of(p, p1, step, 5));
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
    public static void Tile6x1<T, TTake, TRows>(
        in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
        where T : unmanaged, ILanes<T>
        where TTake : ITake
        where TRows : IRowPlaces
    {
        nint bNext = way.BNext;
        T first = Start<T>(start, 0);
        T c0 = first, c1 = first, c2 = first, c3 = first, c4 = first, c5 = first;
        for (TilePiece* piece = way.Pieces, end = piece + way.Count; piece < end; piece++)
        {
            nint step = piece->Row, step3 = 3 * step, aNext = piece->Next;
            float* line = a + piece->Offset;
            for (int run = piece->Runs; run > 0; run--, line += piece->RunStep)
            {
                float* p = line;
                for (int left = piece->Count; left > 0; left--, p += aNext, b += bNext)
                {
                    T x = T.Load(b);
                    float* p1 = p + step3;
                    c0 = TTake.MultiplyAdd(TRows.Of(p, p, step, 0), x, c0);
                    c1 = TTake.MultiplyAdd(TRows.Of(p, p, step, 1), x, c1);
                    c2 = TTake.MultiplyAdd(TRows.Of(p, p, step, 2), x, c2);
                    c3 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 3), x, c3);
                    c4 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 4), x, c4);
                    c5 = TTake.MultiplyAdd(TRows.Of(p, p1, step, 5), x, c5);
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
