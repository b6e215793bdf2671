using ILGPU;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>Matrix products: nested loops over tiles, vectors of four, and tensor cores.</summary>
internal static class IlgpuProducts
{
    private const int Side = 16, Depth = 8, Pitch = 20;

    /// <summary>Tiles of 16×16 by groups of 64, each thread with 2×2; all sizes are multiples of the tile's.</summary>
    public static void Tiled(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, int columns, int depth)
    {
        ArrayView<float> tileA = SharedMemory.Allocate<float>(Side * Depth), tileB = SharedMemory.Allocate<float>(Depth * Side);
        ArrayView<float> sums = LocalMemory.Allocate<float>(4);
        for (int i = 0; i < 4; i++)
            sums[i] = 0f;
        int thread = Group.IdxX, row = thread / 8 * 2, column = thread % 8 * 2;
        ArrayView<Float4> fromA = a.Cast<Float4>(), fromB = b.Cast<Float4>(), toA = tileA.Cast<Float4>(), toB = tileB.Cast<Float4>();
        for (int done = 0; done < depth; done += Depth)
        {
            if (thread < 32)
                toA[thread] = fromA[((Grid.IdxY * Side + thread / 2) * depth + done) / 4 + thread % 2];
            else
                toB[thread - 32] = fromB[((done + (thread - 32) / 4) * columns + Grid.IdxX * Side) / 4 + thread % 4];
            Group.Barrier();
            for (int k = 0; k < Depth; k++)
            {
                for (int i = 0; i < 2; i++)
                {
                    for (int j = 0; j < 2; j++)
                        sums[i * 2 + j] = IlgpuOperations.Fma(tileA[(row + i) * Depth + k], tileB[k * Side + column + j], sums[i * 2 + j]);
                }
            }
            Group.Barrier();
        }
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 2; j++)
                c[(Grid.IdxY * Side + row + i) * columns + Grid.IdxX * Side + column + j] = sums[i * 2 + j];
        }
    }

    /// <summary>One warp: C of 16×8 is A of 16×16 by B of 8×16, transposed, by way of asynchronous copies and matrix loads.</summary>
    public static void Tensor(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(24 * Pitch);
        int lane = Group.IdxX;
        ArrayView<Float4> to = shared.Cast<Float4>(), fromA = a.Cast<Float4>(), fromB = b.Cast<Float4>();
        for (int q = 0; q < 2; q++)
        {
            int place = q * 32 + lane;
            IlgpuOperations.Copy(ref to[place / 4 * (Pitch / 4) + place % 4], ref fromA[place]);
        }
        IlgpuOperations.Copy(ref to[(16 + lane / 4) * (Pitch / 4) + lane % 4], ref fromB[lane]);
        IlgpuOperations.CloseCopies();
        IlgpuOperations.AwaitCopies();
        Group.Barrier();

        Fragment right = IlgpuOperations.LoadMatrix(ref shared[(16 + lane % 8) * Pitch + lane / 8 * 4]);
        Fragment first = IlgpuOperations.LoadMatrix(ref shared[lane % 16 * Pitch + lane / 16 * 4]);
        Fragment second = IlgpuOperations.LoadMatrix(ref shared[lane % 16 * Pitch + lane / 16 * 4 + 8]);
        Float4 sum = default;
        sum = IlgpuOperations.MultiplyAdd(first, right.X, right.Y, sum);
        sum = IlgpuOperations.MultiplyAdd(second, right.Z, right.W, sum);
        int at = lane / 4 * 8 + lane % 4 * 2;
        c[at] = sum.X;
        c[at + 1] = sum.Y;
        c[at + 64] = sum.Z;
        c[at + 65] = sum.W;
    }
}
