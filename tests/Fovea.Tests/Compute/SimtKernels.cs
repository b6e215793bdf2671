using Fovea.Compute.Dialect;

namespace Fovea.Tests.ComputeTests;

internal static class SimtKernels
{
    [Kernel]
    public static void Sum(ArrayView<float> source, ArrayView<float> target)
    {
        ArrayView<float> sums = SharedMemory.Allocate<float>(256);
        sums[Group.IdxX] = source[Grid.GlobalIndex.X];
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half) sums[Group.IdxX] += sums[Group.IdxX + half];
            Group.Barrier();
        }
        if (Group.IdxX == 0) target[Grid.IdxX] = sums[0];
    }

    [Kernel(GroupSize = 0)]
    public static void Transpose(ArrayView<float> source, ArrayView<float> target, int rows, int columns, [Constant] int tile)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(tile * (tile + 1));
        int column = (Grid.IdxX * tile) + Group.IdxX, row = (Grid.IdxY * tile) + Group.IdxY;
        if (row < rows && column < columns) values[(Group.IdxY * (tile + 1)) + Group.IdxX] = source[(row * columns) + column];
        Group.Barrier();
        column = (Grid.IdxX * tile) + Group.IdxY;
        row = (Grid.IdxY * tile) + Group.IdxX;
        if (row < rows && column < columns) target[(column * rows) + row] = values[(Group.IdxX * (tile + 1)) + Group.IdxY];
    }

    [Kernel(GroupSize = 64)]
    public static void Scale<TFactor>(ArrayView<float> values, Range range)
        where TFactor : struct, IFactor
    {
        int i = Grid.GlobalIndex.X;
        if (i >= range.First && i < range.Last) values[i] = (values[i] * default(TFactor).Value()) + range.Offset;
    }

    [Kernel(GroupSize = 4)]
    public static void Polynomial(ArrayView<float> values, [Constant] Range range, float x)
    {
        ArrayView<float> powers = LocalMemory.Allocate<float>(3);
        powers[0] = 1;
        for (int i = 1; i < 3; i++) powers[i] = powers[i - 1] * x;
        // The last thread shows that nothing of an earlier thread's memory is left.
        ArrayView<float> fresh = LocalMemory.Allocate<float>(2);
        values[Group.IdxX] = Group.IdxX == 3 ? fresh[1] : (range.First * powers[0]) + (range.Last * powers[1]) + (range.Offset * powers[2]);
        fresh[1] = 7;
    }

    [Kernel]
    public static void Count(ArrayView<int> counts, ArrayView<uint> bits, ArrayView<float> sum)
    {
        int i = Grid.GlobalIndex.X;
        Atomic.Add(ref counts[0], i);
        Atomic.Max(ref counts[1], i);
        Atomic.Min(ref counts[2], -i);
        Atomic.Add(ref sum[0], 1);
        Atomic.Or(ref bits[0], 1u << (i % 32));
        Atomic.Xor(ref bits[1], (uint)i);
        Atomic.And(ref bits[2], ~(1u << (i % 8)));
        Atomic.Max(ref bits[3], 0x80000000u + (uint)i);
        Atomic.Min(ref bits[4], 0x80000000u - (uint)i);
    }

    [Kernel(GroupSize = 96)]
    public static void Exchange(ArrayView<float> values)
    {
        int i = Group.LinearIndex;
        float sum = Warp.Sum(i), reversed = Warp.ShuffleXor((float)i, 31), down = Warp.ShuffleDown((float)i, 3), up = Warp.ShuffleUp((float)i, 30);
        values[(4 * i) + 0] = sum;
        values[(4 * i) + 1] = reversed;
        values[(4 * i) + 2] = down;
        values[(4 * i) + 3] = up;
    }

    [Kernel(GroupSize = 0)]
    public static void Indices(ArrayView<int> values)
    {
        Index3 at = Grid.GlobalIndex;
        int width = Grid.DimX * Group.DimX, height = Grid.DimY * Group.DimY;
        values[(((at.Z * height) + at.Y) * width) + at.X] = (Grid.LinearIndex * Group.Size) + Group.LinearIndex;
    }

    [Kernel(GroupSize = 8)]
    public static void ReadBeforeWriting(ArrayView<float> values)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(8);
        values[Grid.GlobalIndex.X] = shared[Group.IdxX];
        Group.Barrier();
        shared[Group.IdxX] = 1;
    }

    [Kernel(GroupSize = 64)]
    public static void EndEarly(ArrayView<int> values)
    {
        if (Grid.IdxX == 2 && Group.IdxX >= 48) return;
        Group.Barrier();
        values[0] = 1;
        Group.Barrier();
    }

    [Kernel(GroupSize = 8)]
    public static void WaitApart(ArrayView<int> values)
    {
        Group.Barrier();
        if (Group.IdxX < 3)
            Group.Barrier();
        else
            Group.Barrier();
        values[0] = 1;
    }

    [Kernel(GroupSize = 0)]
    public static void ReadPastTheEnd(ArrayView<float> values, int barriers)
    {
        for (int i = 0; i < barriers; i++) Group.Barrier();
        values[Grid.GlobalIndex.X] = 0;
        Group.Barrier();
    }

    [Kernel(GroupSize = 4)]
    public static void ShareUnequally(ArrayView<float> values)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Group.IdxX == 2 ? 9 : 8);
        values[0] = shared.Length;
    }

    [Kernel]
    public static void TakesText(string what) => _ = what.Length;

    [Kernel]
    public static void TakesArray(int[] what) => _ = what.Length;

    [Kernel]
    public static void TakesSpan(Span<int> what) => _ = what.Length;

    [Kernel]
    public static void TakesTextInside(KeyValuePair<int, string> what) => _ = what.Key;

    [Kernel]
    public static void TakesReference(ref int what) => what = 0;
}

internal struct Range(int first, int last, float offset)
{
    public int First = first, Last = last;
    public float Offset = offset;
}

internal interface IFactor
{
    float Value();
}

internal struct Three : IFactor
{
    public readonly float Value() => 3;
}

internal struct Half : IFactor
{
    public readonly float Value() => 0.5f;
}
