using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Product;

/// <summary>
/// A matrix of complex numbers whose columns lie in blocks of as many as a vector has lanes: every block holds for each row the real
/// parts of its columns, then the imaginary parts.
/// </summary>
/// <param name="data">The first number.</param>
/// <param name="rows">Rows that memory is there for: the distance between blocks is so many rows.</param>
internal readonly unsafe struct ComplexBlocks(float* data, int rows)
{
    public readonly float* Data = data;

    public readonly int Rows = rows;
}

/// <summary>Products of complex matrices, C = A·B or Aᵀ·B, one block of columns of the result at a time.</summary>
/// <remarks>
/// <para>Operands are read where they lie; they are made by transforms that write them as the product wants them. Sums are in the
/// order of the depth, on any number of threads.</para>
/// <para>Eight rows at a time go by three real products instead of four, (a + ib)(c + id) = (a + b)c − b(c + d) + i((a + b)c + a(d − c)):
/// C. F. Gauss; the error bound, about twice as large, is N. J. Higham's, "Stability of a method for multiplying complex matrices
/// with three real matrix multiplications", SIAM J. Matrix Anal. Appl. 13(3), 1992.</para>
/// </remarks>
internal static unsafe class ComplexProduct<T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>Rows of the result are computed in multiples of this number; memory must be there for them.</summary>
    public const int RowStep = 4;

    /// <summary>Whether eight rows' sums fit the registers.</summary>
    private static bool Wide => T.Count == Lanes512.Count;

    /// <summary>Computes a block of columns of A·B.</summary>
    /// <param name="a">A; rows past the last may hold anything.</param>
    /// <param name="b">The block of B: one row for each column of A.</param>
    /// <param name="c">The block of C.</param>
    /// <param name="rows">Rows of C.</param>
    /// <param name="depth">Columns of A.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ComplexBlocks a, float* b, float* c, int rows, int depth)
    {
        nint pitch = 2 * T.Count;
        int blocks = (depth + T.Count - 1) / T.Count, last = depth - ((blocks - 1) * T.Count);
        for (int row = 0; row < rows;)
        {
            bool eight = Wide && rows - row > RowStep;
            if (eight) Tile8(a.Data + (row * pitch), pitch, 1, blocks, a.Rows * pitch, last, b, c + (row * pitch), false);
            else Tile4(a.Data + (row * pitch), pitch, 1, blocks, a.Rows * pitch, last, b, c + (row * pitch), false);
            row += eight ? 8 : 4;
        }
    }

    /// <summary>Computes a block of columns of Aᵀ·B, or adds it.</summary>
    /// <param name="a">A.</param>
    /// <param name="b">The block of B.</param>
    /// <param name="c">The block of C.</param>
    /// <param name="rows">Rows of C, columns of A.</param>
    /// <param name="depth">Rows of A and B.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyTransposed(ComplexBlocks a, float* b, float* c, int rows, int depth, bool accumulate)
    {
        nint pitch = 2 * T.Count;
        for (int row = 0; row < rows;)
        {
            float* left = a.Data + (row / T.Count * a.Rows * pitch) + (row % T.Count);
            bool eight = Wide && rows - row > RowStep;
            if (eight) Tile8(left, 1, pitch, 1, 0, depth, b, c + (row * pitch), accumulate);
            else Tile4(left, 1, pitch, 1, 0, depth, b, c + (row * pitch), accumulate);
            row += eight ? 8 : 4;
        }
    }

    /// <summary>Four rows by four real products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(float* a, nint row, nint step, int blocks, nint block, int last, float* b, float* c, bool accumulate)
    {
        nint pitch = 2 * T.Count;
        T zero = T.Create(0f);
        T r0 = zero, r1 = zero, r2 = zero, r3 = zero, i0 = zero, i1 = zero, i2 = zero, i3 = zero;
        if (accumulate)
        {
            (r0, i0, r1, i1) = (T.Load(c), T.Load(c + T.Count), T.Load(c + pitch), T.Load(c + pitch + T.Count));
            (r2, i2, r3, i3) =
                (T.Load(c + (2 * pitch)), T.Load(c + (2 * pitch) + T.Count), T.Load(c + (3 * pitch)), T.Load(c + (3 * pitch) + T.Count));
        }
        for (; blocks > 0; blocks--, a += block)
        {
            float* p = a;
            for (int n = blocks == 1 ? last : T.Count; n > 0; n--, p += step, b += pitch)
            {
                T br = T.Load(b), bi = T.Load(b + T.Count);
                T x = T.Create(p[0]), y = T.Create(p[T.Count]);
                r0 = T.SubtractProduct(y, bi, T.MultiplyAdd(x, br, r0));
                i0 = T.MultiplyAdd(y, br, T.MultiplyAdd(x, bi, i0));
                x = T.Create(p[row]);
                y = T.Create(p[row + T.Count]);
                r1 = T.SubtractProduct(y, bi, T.MultiplyAdd(x, br, r1));
                i1 = T.MultiplyAdd(y, br, T.MultiplyAdd(x, bi, i1));
                x = T.Create(p[2 * row]);
                y = T.Create(p[(2 * row) + T.Count]);
                r2 = T.SubtractProduct(y, bi, T.MultiplyAdd(x, br, r2));
                i2 = T.MultiplyAdd(y, br, T.MultiplyAdd(x, bi, i2));
                x = T.Create(p[3 * row]);
                y = T.Create(p[(3 * row) + T.Count]);
                r3 = T.SubtractProduct(y, bi, T.MultiplyAdd(x, br, r3));
                i3 = T.MultiplyAdd(y, br, T.MultiplyAdd(x, bi, i3));
            }
        }
        Store(c, r0, i0);
        Store(c + pitch, r1, i1);
        Store(c + (2 * pitch), r2, i2);
        Store(c + (3 * pitch), r3, i3);
    }

    /// <summary>Eight rows by three real products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8(float* a, nint row, nint step, int blocks, nint block, int last, float* b, float* c, bool accumulate)
    {
        nint pitch = 2 * T.Count;
        T zero = T.Create(0f);
        T p0 = zero, p1 = zero, p2 = zero, p3 = zero, p4 = zero, p5 = zero, p6 = zero, p7 = zero;
        T q0 = zero, q1 = zero, q2 = zero, q3 = zero, q4 = zero, q5 = zero, q6 = zero, q7 = zero;
        T s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero;
        for (; blocks > 0; blocks--, a += block)
        {
            float* upper = a, lower = a + (4 * row);
            for (int n = blocks == 1 ? last : T.Count; n > 0; n--, upper += step, lower += step, b += pitch)
            {
                T br = T.Load(b), bi = T.Load(b + T.Count), difference = bi - br, sum = br + bi;
                Add(upper, ref p0, ref q0, ref s0, br, difference, sum);
                Add(upper + row, ref p1, ref q1, ref s1, br, difference, sum);
                Add(upper + (2 * row), ref p2, ref q2, ref s2, br, difference, sum);
                Add(upper + (3 * row), ref p3, ref q3, ref s3, br, difference, sum);
                Add(lower, ref p4, ref q4, ref s4, br, difference, sum);
                Add(lower + row, ref p5, ref q5, ref s5, br, difference, sum);
                Add(lower + (2 * row), ref p6, ref q6, ref s6, br, difference, sum);
                Add(lower + (3 * row), ref p7, ref q7, ref s7, br, difference, sum);
            }
        }
        Finish(c, p0, q0, s0, accumulate);
        Finish(c + pitch, p1, q1, s1, accumulate);
        Finish(c + (2 * pitch), p2, q2, s2, accumulate);
        Finish(c + (3 * pitch), p3, q3, s3, accumulate);
        Finish(c + (4 * pitch), p4, q4, s4, accumulate);
        Finish(c + (5 * pitch), p5, q5, s5, accumulate);
        Finish(c + (6 * pitch), p6, q6, s6, accumulate);
        Finish(c + (7 * pitch), p7, q7, s7, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* a, ref T p, ref T q, ref T s, T br, T difference, T sum)
    {
        T x = T.Create(*a), y = T.Create(a[T.Count]);
        q = T.MultiplyAdd(x, difference, q);
        s = T.MultiplyAdd(y, sum, s);
        p = T.MultiplyAdd(x + y, br, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* c, T p, T q, T s, bool accumulate)
    {
        T re = p - s, im = p + q;
        if (accumulate)
        {
            re += T.Load(c);
            im += T.Load(c + T.Count);
        }
        Store(c, re, im);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, T re, T im)
    {
        re.Store(c);
        im.Store(c + T.Count);
    }
}
