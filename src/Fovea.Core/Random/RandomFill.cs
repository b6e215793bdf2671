namespace Fovea.Core.Random;

/// <summary>
/// Fills arrays with random numbers, several threads at a time: element i is a function of seed, stream and i alone, so the result
/// does not depend on the number of threads.
/// </summary>
public static unsafe class RandomFill
{
    private const int ChunkElements = 1 << 18;

    /// <summary>Normal with mean 0 (Box–Muller; each evaluation of Philox gives four numbers).</summary>
    /// <param name="values">Where to write.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">What the numbers are for.</param>
    /// <param name="deviation">The standard deviation.</param>
    public static void Normal(Span<float> values, ulong seed, ulong stream, float deviation) =>
        Fill(values, seed, stream, deviation, &NormalBlock);

    /// <summary>Uniform between −<paramref name="limit"/> and <paramref name="limit"/>.</summary>
    /// <param name="values">Where to write.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">What the numbers are for.</param>
    /// <param name="limit">The largest absolute value.</param>
    public static void Uniform(Span<float> values, ulong seed, ulong stream, float limit) =>
        Fill(values, seed, stream, limit, &UniformBlock);

    private static void Fill(
        Span<float> values, ulong seed, ulong stream, float scale, delegate*<PhiloxBlock, float, Span<float>, void> block)
    {
        int length = values.Length;
        fixed (float* first = values)
        {
            float* start = first;
            Parallel.For(0, (length + ChunkElements - 1) / ChunkElements, chunk =>
            {
                Span<float> four = stackalloc float[4];
                int end = (int)Math.Min(length, (chunk + 1L) * ChunkElements);
                for (int i = chunk * ChunkElements; i < end; i += 4)
                {
                    block(Philox.Block(seed, (ulong)i >> 2, stream), scale, four);
                    four[..Math.Min(4, end - i)].CopyTo(new Span<float>(start + i, end - i));
                }
            });
        }
    }

    private static void NormalBlock(PhiloxBlock block, float deviation, Span<float> four)
    {
        Pair(block.X, block.Y, deviation, four);
        Pair(block.Z, block.W, deviation, four[2..]);
    }

    private static void Pair(uint a, uint b, float deviation, Span<float> two)
    {
        // One minus a number in [0, 1) is never 0, so the logarithm is finite.
        float radius = deviation * MathF.Sqrt(-2f * MathF.Log(1f - Philox.ToUnitInterval(a)));
        (float sin, float cos) = MathF.SinCos(2f * MathF.PI * Philox.ToUnitInterval(b));
        two[0] = radius * cos;
        two[1] = radius * sin;
    }

    private static void UniformBlock(PhiloxBlock block, float limit, Span<float> four)
    {
        four[0] = ((2 * Philox.ToUnitInterval(block.X)) - 1) * limit;
        four[1] = ((2 * Philox.ToUnitInterval(block.Y)) - 1) * limit;
        four[2] = ((2 * Philox.ToUnitInterval(block.Z)) - 1) * limit;
        four[3] = ((2 * Philox.ToUnitInterval(block.W)) - 1) * limit;
    }
}
