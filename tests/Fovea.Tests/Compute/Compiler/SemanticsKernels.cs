using System.Numerics;
using Fovea.Compute.Dialect;

namespace Fovea.Tests.ComputeTests.Compiler;

/// <summary>Kernels that use each part of C# that the compiler translates; each is also its own oracle, as plain .NET.</summary>
internal static class SemanticsKernels
{
    [Kernel(GroupSize = 64)]
    public static void Int32Arithmetic(ArrayView<int> x, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        int a = x[i], b = x[(i * 7 + 3) % x.Length], c = b | 1;
        int hash = a + b - (a * b);
        hash = (hash * 31) ^ (a / c) ^ (a % c) ^ (a & ~b) ^ (a << (b & 63)) ^ (a >> b) ^ (a >>> b) ^ -a;
        hash += a < b ? 1 : a == b ? 2 : a >= c ? 4 : 8;
        hash += Math.Min(a, b) ^ Math.Max(a, c) ^ BitOperations.PopCount((uint)a) ^ BitOperations.LeadingZeroCount((uint)b);
        y[i] = hash + (int)(short)a + (sbyte)b + (byte)a + (ushort)b;
    }

    [Kernel(GroupSize = 64)]
    public static void UInt32Arithmetic(ArrayView<uint> x, ArrayView<uint> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        uint a = x[i], b = x[(i * 5 + 1) % x.Length], c = b | 1;
        uint hash = (a * 2654435761u) + (a / c) + (a % c) + (a >> (int)(b & 31)) + (uint)(((ulong)a * b) >> 32);
        hash ^= a < b ? 3u : a > c ? 5u : 7u;
        y[i] = hash + Math.Min(a, b) - Math.Max(a, c) + BitOperations.RotateLeft(a, 13);
    }

    [Kernel(GroupSize = 64)]
    public static void Int64Arithmetic(ArrayView<long> x, ArrayView<long> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        long a = x[i], b = x[(i * 3 + 2) % x.Length], c = b | 1;
        long hash = (a * 6364136223846793005) + b + (a / c) + (a % c) + (a << (int)(b & 63)) + (a >> (int)b) + (a >>> (int)c);
        hash += (a < b ? (int)a : (uint)b) + (long)(ulong)(uint)a + (long)((ulong)a / (ulong)c);
        y[i] = hash + ((a > 0 && b < 0) || a == c ? 1 : 0);
    }

    [Kernel(GroupSize = 64)]
    public static void Float32Arithmetic(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i * 10 + 9 >= y.Length) return;
        float a = x[i], b = x[(i * 7 + 5) % x.Length], c = x[(i * 3 + 1) % x.Length];
        y[i * 10] = (a * b) + c;
        y[(i * 10) + 1] = MathF.FusedMultiplyAdd(a, b, c);
        y[(i * 10) + 2] = a / b;
        y[(i * 10) + 3] = MathF.Sqrt(MathF.Abs(a)) - c;
        y[(i * 10) + 4] = MathF.Min(a, b);
        y[(i * 10) + 5] = MathF.Max(a, b);
        y[(i * 10) + 6] = MathF.Floor(a) + MathF.Ceiling(b) - MathF.Truncate(c);
        y[(i * 10) + 7] = MathF.Round(a * 0.5f);
        y[(i * 10) + 8] = MathF.CopySign(a, b);
        y[(i * 10) + 9] = -a;
    }

    [Kernel(GroupSize = 64)]
    public static void FloatComparisons(ArrayView<float> x, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        float a = x[i % x.Length], b = x[(i / x.Length) % x.Length];
        int bits = 0;
        if (a < b) bits |= 1;
        if (a <= b) bits |= 2;
        if (a > b) bits |= 4;
        if (a >= b) bits |= 8;
        if (a == b) bits |= 16;
        if (a != b) bits |= 32;
        if (!(a < b)) bits |= 64;
        if (!(a >= b)) bits |= 128;
        bool less = a < b, both = less & (b > 0);
        bits |= (both ? 256 : 0) | (less ^ both ? 512 : 0) | (float.IsNaN(a) || float.IsInfinity(b) ? 1024 : 0);
        y[i] = bits;
    }

    [Kernel(GroupSize = 64)]
    public static void Conversions(ArrayView<float> x, ArrayView<long> y)
    {
        int i = Grid.GlobalIndex.X;
        if ((i * 8) + 7 >= y.Length) return;
        float a = x[i];
        y[i * 8] = (int)a;
        y[(i * 8) + 1] = (uint)a;
        y[(i * 8) + 2] = (long)a;
        y[(i * 8) + 3] = BitConverter.SingleToInt32Bits((float)(int)a);
        y[(i * 8) + 4] = BitConverter.SingleToInt32Bits((float)(uint)BitConverter.SingleToInt32Bits(a));
        y[(i * 8) + 5] = BitConverter.SingleToInt32Bits((float)((long)BitConverter.SingleToInt32Bits(a) * 77777));
        y[(i * 8) + 6] = BitConverter.SingleToInt32Bits((float)((double)a * 1.1));
        y[(i * 8) + 7] = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a) ^ 1));
    }

    [Kernel(GroupSize = 64)]
    public static void ControlFlow(ArrayView<int> x, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        int value = x[i], sum = 0;
        for (int k = 0; k < 20; k++)
        {
            if (k == value % 7) continue;
            if (sum > 1000) break;
            for (int j = k; j > 0; j /= 2)
            {
                sum += j * k;
                if (sum % 13 == 0) goto done;
            }
        }
    done:
        switch (value & 7)
        {
            case 0: sum += 1; break;
            case 1:
            case 2: sum *= 3; break;
            case 5: sum = -sum; break;
            case 6: y[i] = 42; return;
            default: sum ^= 0x55; break;
        }
        do sum -= 7;
        while (sum > 100);
        int turns = 0;
        while (value != 1 && turns < 50)
        {
            value = (value & 1) == 0 ? value >> 1 : ((value * 3) + 1) & 0xFFFF;
            turns++;
        }
        // Two values that change places: every turn's phis read each other.
        int a = 1, b = sum;
        for (int k = 0; k < turns; k++) (a, b) = (b, a + 1);
        y[i] = sum + (turns * 1000) + a - b;
    }

    [Kernel(GroupSize = 64)]
    public static void Structs(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        var particle = new Particle { Position = new Pair(x[i], 2), Mass = 3 };
        Move(ref particle.Position, x[(i + 1) % x.Length]);
        Particle copy = particle;
        copy.Position.Right += 10;
        (float left, float right) = Swap(copy.Position);
        ref float chosen = ref particle.Mass;
        chosen *= 2;
        Pair best = left > right ? particle.Position : copy.Position;
        y[i] = left + (right * 2) + particle.Mass + best.Sum + particle.Position.Right;
    }

    [Kernel(GroupSize = 64)]
    public static void DynamicLocalArray(ArrayView<int> x, ArrayView<int> y)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.Length) return;
        Span<int> counts = stackalloc int[16];
        for (int k = 0; k < x.Length; k++) counts[x[k] & 15]++;
        int result = 0;
        for (int k = 0; k < 16; k++) result = (result * 5) + counts[(k + i) & 15];
        y[i] = result;
    }

    [Kernel(GroupSize = 64)]
    public static void Vectors(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        ArrayView<Float4> from = x.Cast<Float4>(), to = y.SubView(4).Cast<Float4>();
        if (i >= to.Length) return;
        Float4 value = from[i];
        value.X += value.W;
        to[i] = new Float4(value.Y, value.X, value.Z * 2, x[i]);
        if (i == 0) y[0] = from.Length + (to.Length * 100);
    }

    [Kernel(GroupSize = 64)]
    public static void SharedAndAtomic(ArrayView<int> x, ArrayView<int> y)
    {
        ArrayView<int> histogram = SharedMemory.Allocate<int>(64);
        int thread = Group.IdxX;
        histogram[thread] = 0;
        Group.Barrier();
        for (int i = Grid.GlobalIndex.X; i < x.Length; i += Grid.DimX * Group.DimX)
        {
            Atomic.Add(ref histogram[x[i] & 63], 1);
            Atomic.Max(ref y[64], x[i]);
            Atomic.Min(ref y[65], x[i]);
        }
        Group.Barrier();
        if (histogram[thread] > 0) Atomic.Add(ref y[thread], histogram[thread]);
    }

    [Kernel(GroupSize = 64)]
    public static void Exchanges(ArrayView<float> x, ArrayView<float> y)
    {
        int i = Grid.GlobalIndex.X;
        float value = x[i];
        for (int mask = 16; mask > 0; mask >>= 1) value += Warp.ShuffleXor(value, mask);
        y[i] = value + Warp.ShuffleDown(x[i], 3) + Warp.Shuffle(x[i], 5);
    }

    [Kernel(GroupSize = 32)]
    public static void Specialised<TShape, TActivation>(ArrayView<float> x, ArrayView<float> y)
        where TShape : struct, IShape
        where TActivation : struct, IActivation
    {
        int i = Grid.GlobalIndex.X;
        Span<float> window = stackalloc float[TShape.Length];
        for (int k = 0; k < TShape.Length; k++) window[k] = x[(i + k) % x.Length];
        float sum = 0;
        for (int k = 0; k < TShape.Length; k++)
        {
            for (int j = 0; j <= k; j++) sum = MathF.FusedMultiplyAdd(window[k], window[j], sum);
        }
        if (i < y.Length) y[i] = default(TActivation).Apply(sum) + (typeof(TShape) == typeof(Three) ? 100 : 0);
    }

    private static void Move(ref Pair pair, float by)
    {
        pair.Left += by;
        if (by > 0) pair = new Pair(pair.Right, pair.Left);
    }

    private static (float Left, float Right) Swap(Pair pair) => (pair.Right, pair.Left);

    internal struct Pair(float left, float right)
    {
        public float Left = left, Right = right;

        public readonly float Sum => Left + Right;
    }

    internal struct Particle
    {
        public Pair Position;
        public float Mass;
    }

    internal interface IShape
    {
        static abstract int Length { get; }
    }

    internal readonly struct Three : IShape
    {
        public static int Length => 3;
    }

    internal readonly struct Eight : IShape
    {
        public static int Length => 8;
    }

    internal interface IActivation
    {
        float Apply(float x);
    }

    internal readonly struct Cube : IActivation
    {
        public float Apply(float x) => x * x * x;
    }

    internal readonly struct Rectifier : IActivation
    {
        public float Apply(float x) => x > 0 ? x : 0;
    }
}
