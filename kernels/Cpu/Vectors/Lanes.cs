using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Ops;

namespace Fovea.Cpu.Vectors;

/// <summary>A vector of floats of some width, so that one text of a transform or a product serves every width.</summary>
internal unsafe interface ILanes<TSelf> : ITransformed<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many floats.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>One factor for all lanes · value + term. Written as one expression, the multiplication itself reads the factor.</summary>
    static abstract TSelf MultiplyAdd(float* factor, TSelf value, TSelf term);

    /// <summary>term − factor · value, rounded once.</summary>
    static abstract TSelf SubtractProduct(TSelf factor, TSelf value, TSelf term);

    /// <summary>The larger one, or <paramref name="value"/> where it is no number.</summary>
    static abstract TSelf AtLeast(TSelf least, TSelf value);

    /// <summary>The lanes in the opposite order.</summary>
    static abstract TSelf Reverse(TSelf a);

    /// <summary>The values at even and at odd places of two vectors that follow one another.</summary>
    static abstract (TSelf Even, TSelf Odd) Unzip(TSelf first, TSelf second);

    /// <summary>The opposite of <see cref="Unzip"/>.</summary>
    static abstract (TSelf First, TSelf Second) Zip(TSelf even, TSelf odd);

    void Store(float* target);
}

/// <summary>16 lanes.</summary>
internal readonly unsafe partial struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    private readonly Vector512<float> value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 factor, Lanes512 value, Lanes512 term) =>
        new(Vector512.FusedMultiplyAdd(factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(float* factor, Lanes512 value, Lanes512 term) =>
        new(Vector512.FusedMultiplyAdd(Vector512.Create(*factor), value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SubtractProduct(Lanes512 factor, Lanes512 value, Lanes512 term) =>
        new(Vector512.FusedMultiplyAdd(-factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AtLeast(Lanes512 least, Lanes512 value) => new(Vector512.MaxNative(least.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Reverse(Lanes512 a) =>
        new(Vector512.Shuffle(a.value, Vector512.Create(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));

    // A place outside of a vector gives 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes512 Even, Lanes512 Odd) Unzip(Lanes512 first, Lanes512 second) => (
        new(Vector512.Shuffle(first.value, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1))
            | Vector512.Shuffle(second.value, Vector512.Create(-1, -1, -1, -1, -1, -1, -1, -1, 0, 2, 4, 6, 8, 10, 12, 14))),
        new(Vector512.Shuffle(first.value, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, -1, -1, -1, -1, -1, -1, -1, -1))
            | Vector512.Shuffle(second.value, Vector512.Create(-1, -1, -1, -1, -1, -1, -1, -1, 1, 3, 5, 7, 9, 11, 13, 15))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes512 First, Lanes512 Second) Zip(Lanes512 even, Lanes512 odd) => (
        new(Vector512.Shuffle(even.value, Vector512.Create(0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 7, -1))
            | Vector512.Shuffle(odd.value, Vector512.Create(-1, 0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 7))),
        new(Vector512.Shuffle(even.value, Vector512.Create(8, -1, 9, -1, 10, -1, 11, -1, 12, -1, 13, -1, 14, -1, 15, -1))
            | Vector512.Shuffle(odd.value, Vector512.Create(-1, 8, -1, 9, -1, 10, -1, 11, -1, 12, -1, 13, -1, 14, -1, 15))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => value.Store(target);
}

/// <summary>8 lanes.</summary>
internal readonly unsafe partial struct Lanes256(Vector256<float> value) : ILanes<Lanes256>
{
    private readonly Vector256<float> value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 factor, Lanes256 value, Lanes256 term) =>
        new(Vector256.FusedMultiplyAdd(factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(float* factor, Lanes256 value, Lanes256 term) =>
        new(Vector256.FusedMultiplyAdd(Vector256.Create(*factor), value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SubtractProduct(Lanes256 factor, Lanes256 value, Lanes256 term) =>
        new(Vector256.FusedMultiplyAdd(-factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AtLeast(Lanes256 least, Lanes256 value) => new(Vector256.MaxNative(least.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Reverse(Lanes256 a) =>
        new(Vector256.Shuffle(a.value, Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0)));

    // A place outside of a vector gives 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes256 Even, Lanes256 Odd) Unzip(Lanes256 first, Lanes256 second) => (
        new(Vector256.Shuffle(first.value, Vector256.Create(0, 2, 4, 6, -1, -1, -1, -1))
            | Vector256.Shuffle(second.value, Vector256.Create(-1, -1, -1, -1, 0, 2, 4, 6))),
        new(Vector256.Shuffle(first.value, Vector256.Create(1, 3, 5, 7, -1, -1, -1, -1))
            | Vector256.Shuffle(second.value, Vector256.Create(-1, -1, -1, -1, 1, 3, 5, 7))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes256 First, Lanes256 Second) Zip(Lanes256 even, Lanes256 odd) => (
        new(Vector256.Shuffle(even.value, Vector256.Create(0, -1, 1, -1, 2, -1, 3, -1))
            | Vector256.Shuffle(odd.value, Vector256.Create(-1, 0, -1, 1, -1, 2, -1, 3))),
        new(Vector256.Shuffle(even.value, Vector256.Create(4, -1, 5, -1, 6, -1, 7, -1))
            | Vector256.Shuffle(odd.value, Vector256.Create(-1, 4, -1, 5, -1, 6, -1, 7))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => value.Store(target);
}

/// <summary>4 lanes.</summary>
internal readonly unsafe partial struct Lanes128(Vector128<float> value) : ILanes<Lanes128>
{
    private readonly Vector128<float> value = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a.value + b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a.value - b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a.value * b.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 factor, Lanes128 value, Lanes128 term) =>
        new(ProductSum.Of(factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(float* factor, Lanes128 value, Lanes128 term) =>
        new(ProductSum.Of(Vector128.Create(*factor), value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SubtractProduct(Lanes128 factor, Lanes128 value, Lanes128 term) =>
        new(ProductSum.Of(-factor.value, value.value, term.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AtLeast(Lanes128 least, Lanes128 value) => new(Vector128.MaxNative(least.value, value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Reverse(Lanes128 a) =>
        new(Vector128.Shuffle(a.value, Vector128.Create(3, 2, 1, 0)));

    // A place outside of a vector gives 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes128 Even, Lanes128 Odd) Unzip(Lanes128 first, Lanes128 second) => (
        new(Vector128.Shuffle(first.value, Vector128.Create(0, 2, -1, -1))
            | Vector128.Shuffle(second.value, Vector128.Create(-1, -1, 0, 2))),
        new(Vector128.Shuffle(first.value, Vector128.Create(1, 3, -1, -1))
            | Vector128.Shuffle(second.value, Vector128.Create(-1, -1, 1, 3))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes128 First, Lanes128 Second) Zip(Lanes128 even, Lanes128 odd) => (
        new(Vector128.Shuffle(even.value, Vector128.Create(0, -1, 1, -1))
            | Vector128.Shuffle(odd.value, Vector128.Create(-1, 0, -1, 1))),
        new(Vector128.Shuffle(even.value, Vector128.Create(2, -1, 3, -1))
            | Vector128.Shuffle(odd.value, Vector128.Create(-1, 2, -1, 3))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => value.Store(target);
}

/// <summary>One lane: what is too small or too ragged for vectors.</summary>
internal readonly unsafe struct Lane(float value) : ILanes<Lane>
{
    private readonly float value = value;

    public static int Count => 1;

    public static Lane operator +(Lane a, Lane b) => new(a.value + b.value);

    public static Lane operator -(Lane a, Lane b) => new(a.value - b.value);

    public static Lane operator *(Lane a, Lane b) => new(a.value * b.value);

    public static Lane Load(float* source) => new(*source);

    public static Lane Create(float value) => new(value);

    public static Lane MultiplyAdd(Lane factor, Lane value, Lane term) =>
        new(ProductSum.Of(factor.value, value.value, term.value));

    public static Lane MultiplyAdd(float* factor, Lane value, Lane term) => new(ProductSum.Of(*factor, value.value, term.value));

    public static Lane SubtractProduct(Lane factor, Lane value, Lane term) =>
        new(ProductSum.Of(-factor.value, value.value, term.value));

    public static Lane AtLeast(Lane least, Lane value) => new(MathF.Max(least.value, value.value));

    public static Lane Reverse(Lane a) => a;

    public static (Lane Even, Lane Odd) Unzip(Lane first, Lane second) => (first, second);

    public static (Lane First, Lane Second) Zip(Lane even, Lane odd) => (even, odd);

    public void Store(float* target) => *target = value;
}
