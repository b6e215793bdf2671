using System.Runtime.CompilerServices;
using ILGPU;
using Half = ILGPU.Half;

namespace Fovea.Ptx.Tests.Ilgpu;

public struct Mixed
{
    public byte Small;
    public long Large;
    public short Medium;
    public float Real;
    public Float4 Four;
}

public struct Sizes
{
    public int Count, Step;
    public float Scale;
    public long Shift;
}

public struct Pair
{
    public ArrayView<float> X, Y;
    public Sizes Sizes;
}

/// <summary>Kernels that use what ILGPU has; each has its expected result in <see cref="IlgpuTests"/>.</summary>
internal static class IlgpuKernels
{
    public static void Ints(ArrayView<int> which, ArrayView<int> a, ArrayView<int> b, ArrayView<int> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.Int(which[i], a[i], b[i]);
    }

    public static void UInts(ArrayView<int> which, ArrayView<uint> a, ArrayView<uint> b, ArrayView<uint> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.UInt(which[i], a[i], b[i]);
    }

    public static void Longs(ArrayView<int> which, ArrayView<long> a, ArrayView<long> b, ArrayView<long> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.Long(which[i], a[i], b[i]);
    }

    public static void Floats(ArrayView<int> which, ArrayView<float> a, ArrayView<float> b, ArrayView<float> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.Float(which[i], a[i], b[i]);
    }

    public static void Doubles(ArrayView<int> which, ArrayView<double> a, ArrayView<double> b, ArrayView<double> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.Double(which[i], a[i], b[i]);
    }

    public static void Casts(ArrayView<int> which, ArrayView<float> a, ArrayView<int> b, ArrayView<double> result)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < result.Length)
            result[i] = IlgpuTables.Cast(which[i], a[i], b[i]);
    }

    public static void Halves(ArrayView<Half> a, ArrayView<Half> b, ArrayView<float> sums, ArrayView<Half> products)
    {
        int i = Group.IdxX;
        sums[i] = (float)(a[i] + b[i]);
        products[i] = a[i] < b[i] ? a[i] * b[i] : (Half)((float)a[i] - 0.1f);
    }

    public static void SumOfGroup(ArrayView<float> x, ArrayView<float> sums)
    {
        ArrayView<float> part = SharedMemory.Allocate<float>(128);
        int thread = Group.IdxX;
        part[thread] = x[Grid.IdxX * 128 + thread];
        for (int half = 64; half > 0; half >>= 1)
        {
            Group.Barrier();
            if (thread < half)
                part[thread] += part[thread + half];
        }
        if (thread == 0)
            sums[Grid.IdxX] = part[0];
    }

    public static void DynamicReverse(ArrayView<int> x)
    {
        ArrayView<int> shared = SharedMemory.GetDynamic<int>();
        shared[Group.IdxX] = x[Group.IdxX];
        Group.Barrier();
        x[Group.IdxX] = shared[(int)shared.Length - 1 - Group.IdxX];
    }

    public static void Shuffles(ArrayView<int> x, ArrayView<int> result)
    {
        int i = Group.IdxX, value = x[i], n = Group.DimX;
        result[i] = Warp.Shuffle(value, 5);
        result[n + i] = Warp.ShuffleXor(value, 3);
        result[2 * n + i] = Warp.ShuffleDown(value, 2);
        result[3 * n + i] = Warp.ShuffleUp(value, 1);
        result[4 * n + i] = Warp.ShuffleDown(value, 1, 8);
        result[5 * n + i] = Warp.LaneIdx + 100 * Warp.WarpIdx;
        result[6 * n + i] = Group.Broadcast(value, 7);
        Warp.Barrier();
    }

    public static void Votes(ArrayView<int> x, ArrayView<int> result)
    {
        int i = Group.IdxX, n = Group.DimX;
        result[i] = Group.BarrierPopCount(x[i] > 3);
        result[n + i] = Group.BarrierAnd(x[i] >= 0) ? 1 : 0;
        result[2 * n + i] = Group.BarrierOr(x[i] == 7) ? 1 : 0;
        MemoryFence.GroupLevel();
    }

    public static void Atomics(ArrayView<int> ints, ArrayView<uint> bits, ArrayView<float> floats, ArrayView<ulong> longs,
        ArrayView<int> returned)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        ArrayView<int> shared = SharedMemory.Allocate<int>(2);
        if (Group.IdxX < 2)
            shared[Group.IdxX] = 0;
        Group.Barrier();
        Atomic.Add(ref shared[0], i);
        returned[i] = Atomic.Add(ref shared[1], 1);
        Group.Barrier();
        if (Group.IdxX == 0)
            Atomic.Add(ref ints[0], shared[0] + shared[1]);
        Atomic.Min(ref ints[1], i - 5);
        Atomic.Max(ref ints[2], i);
        Atomic.Exchange(ref ints[3], 77);
        Atomic.CompareExchange(ref ints[4], 0, i + 1);
        Atomic.And(ref bits[0], ~(1u << (i & 31)));
        Atomic.Or(ref bits[1], 1u << (i & 31));
        Atomic.Xor(ref bits[2], (uint)i);
        Atomic.Min(ref bits[3], 0x80000000u + (uint)i);
        Atomic.Max(ref bits[4], 0x80000000u + (uint)i);
        Atomic.Add(ref floats[0], 0.5f);
        Atomic.Max(ref floats[1], i);
        Atomic.Add(ref longs[0], 1ul << 33);
        Atomic.Max(ref longs[1], (ulong)i << 40);
    }

    public static void Switch(ArrayView<int> x, int n)
    {
        int i = Group.IdxX, value = 0;
        for (int turn = 0; turn < 3; turn++)
        {
            switch (x[i] + turn)
            {
                case 0:
                    value += 5;
                    break;
                case 1:
                    value += 7 + n;
                    break;
                case 2:
                case 3:
                    value *= n;
                    break;
                case 4:
                    value -= n;
                    break;
                default:
                    value = ~value;
                    break;
            }
        }
        x[i] = value;
    }

    public static void LocalArrays(ArrayView<int> x)
    {
        int i = Group.IdxX;
        ArrayView<int> indexed = LocalMemory.Allocate<int>(8), constant = LocalMemory.Allocate<int>(4);
        int[] managed = new int[5];
        for (int k = 0; k < 8; k++)
            indexed[k] = x[i] + k;
        for (int k = 0; k < 4; k++)
            constant[k] = indexed[x[i] + k & 7];
        managed[i % 5] = 9;
        x[i] = constant[0] + 10 * constant[1] + 100 * constant[2] + 1000 * constant[3] + 10000 * managed[3];
    }

    public static void Structs(ArrayView<Mixed> x, Mixed given, ArrayView<Mixed> y)
    {
        int i = Group.IdxX;
        ArrayView<Mixed> local = LocalMemory.Allocate<Mixed>(4), shared = SharedMemory.Allocate<Mixed>(64);
        local[i & 3] = x[i];
        local[i + 1 & 3] = given;
        Mixed one = local[i & 3], other = local[i + 1 & 3];
        one.Real += other.Four.Z;
        one.Medium += other.Medium;
        shared[i] = one;
        Group.Barrier();
        y[i] = shared[63 - i];
    }

    public static void ViewsInStructs(Pair pair)
    {
        for (int i = Group.IdxX; i < pair.Sizes.Count; i += pair.Sizes.Step)
            pair.Y[i] = pair.Sizes.Scale * pair.X[i] + pair.Sizes.Shift;
    }

    public static void Calls(ArrayView<int> x, ArrayView<Mixed> y)
    {
        int i = Group.IdxX, own = i;
        int factorial = Factorial(i % 8);
        y[i] = Twist(y[i], x, i);
        Increase(ref own, 3);
        x[i] = factorial + own + Even(i);
        Increase(ref x[i], 4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Even(int n) => n == 0 ? 1000 : Odd(n - 1) + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Odd(int n) => n == 0 ? 2000 : Even(n - 1) + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Mixed Twist(Mixed mixed, ArrayView<int> x, int at)
    {
        mixed.Large += x[at];
        mixed.Four.Y = mixed.Real;
        return mixed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Increase(ref int value, int by) => value += by;
}
