using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Elementwise;

/// <summary>A function of one number, for vectors of any width.</summary>
internal interface IUnaryFunction
{
    static abstract TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>;
}

/// <summary>A function of two numbers, for vectors of any width.</summary>
internal interface IBinaryFunction
{
    static abstract TLanes Of<TLanes>(TLanes x, TLanes y)
        where TLanes : unmanaged, IFunctionLanes<TLanes>;
}

/// <summary>−1, 0 or 1; a zero keeps its sign, and NaN is NaN.</summary>
internal readonly struct SignOf : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes zero = TLanes.Create(0f), one = TLanes.Create(1f);
        return TLanes.Select(TLanes.LessThan(zero, x), one, TLanes.Select(TLanes.LessThan(x, zero), -one, x));
    }
}

/// <summary>
/// Functions over arrays. An element's result depends on nothing but the element: what does not fill a vector goes through the same
/// code in a padded one, so that neither length nor alignment nor the width of vectors shows.
/// </summary>
/// <remarks>Results may replace operands; otherwise the arrays must not overlap.</remarks>
internal static unsafe class VectorFunctions
{
    /// <summary>Applies a function with the widest vectors that kernels may use.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> x, Span<float> result)
        where TFunction : IUnaryFunction => Apply<TFunction>(x, result, CpuFeatures.Simd);

    /// <summary>Applies a function with vectors of some width.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> x, Span<float> result, SimdLevel level)
        where TFunction : IUnaryFunction
    {
        fixed (float* from = x, to = result[..x.Length])
        {
            if (level == SimdLevel.Vector512) Run<TFunction, Lanes512>(from, to, x.Length);
            else if (level == SimdLevel.Vector256) Run<TFunction, Lanes256>(from, to, x.Length);
            else Run<TFunction, Lanes128>(from, to, x.Length);
        }
    }

    /// <summary>Applies a function of two numbers with the widest vectors that kernels may use.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> result)
        where TFunction : IBinaryFunction => Apply<TFunction>(x, y, result, CpuFeatures.Simd);

    /// <summary>Applies a function of numbers and one other number.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> x, float y, Span<float> result)
        where TFunction : IBinaryFunction
    {
        const int Chunk = 64;
        Span<float> others = stackalloc float[Chunk];
        others.Fill(y);
        for (int i = 0; i < x.Length; i += Chunk)
        {
            ReadOnlySpan<float> chunk = x.Slice(i, Math.Min(Chunk, x.Length - i));
            Apply<TFunction>(chunk, others[..chunk.Length], result.Slice(i, chunk.Length));
        }
    }

    /// <summary>Applies a function of two numbers with vectors of some width.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> result, SimdLevel level)
        where TFunction : IBinaryFunction
    {
        fixed (float* first = x, second = y[..x.Length], to = result[..x.Length])
        {
            if (level == SimdLevel.Vector512) Run<TFunction, Lanes512>(first, second, to, x.Length);
            else if (level == SimdLevel.Vector256) Run<TFunction, Lanes256>(first, second, to, x.Length);
            else Run<TFunction, Lanes128>(first, second, to, x.Length);
        }
    }

    // Optimized from the first call on: vectors in structs are a hundred times slower before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TFunction, TLanes>(float* x, float* result, int count)
        where TFunction : IUnaryFunction
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count) TFunction.Of(TLanes.Load(x + i)).Store(result + i);
        if (i < count) Rest<TFunction, TLanes>(x + i, result + i, count - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TFunction, TLanes>(float* x, float* y, float* result, int count)
        where TFunction : IBinaryFunction
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count) TFunction.Of(TLanes.Load(x + i), TLanes.Load(y + i)).Store(result + i);
        if (i < count) Rest<TFunction, TLanes>(x + i, y + i, result + i, count - i);
    }

    // Functions of their own, for the compiler inlines only so much into one.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Rest<TFunction, TLanes>(float* x, float* result, int count)
        where TFunction : IUnaryFunction
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TFunction.Of(Padded<TLanes>(x, count)).Store(result, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Rest<TFunction, TLanes>(float* x, float* y, float* result, int count)
        where TFunction : IBinaryFunction
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TFunction.Of(Padded<TLanes>(x, count), Padded<TLanes>(y, count)).Store(result, count);
    }

    private static TLanes Padded<TLanes>(float* x, int count)
        where TLanes : unmanaged, IFunctionLanes<TLanes>
    {
        TLanes padded = TLanes.Create(1f);
        new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(&padded, count));
        return padded;
    }

    private static void Store<TLanes>(this TLanes lanes, float* target, int count)
        where TLanes : unmanaged, IFunctionLanes<TLanes> => new ReadOnlySpan<float>(&lanes, count).CopyTo(new Span<float>(target, count));
}
