namespace Fovea.Core.Random;

/// <summary>
/// A sequence of random numbers drawn from <see cref="Philox"/>: two streams with the same seed and stream number give
/// the same numbers on every machine.
/// </summary>
/// <param name="seed">The seed, shared by everything that belongs to one run.</param>
/// <param name="stream">What the numbers are for; different streams are independent.</param>
public struct RandomStream(ulong seed, ulong stream)
{
    private PhiloxBlock block;
    private ulong drawn;

    /// <summary>Draws 32 random bits.</summary>
    public uint NextUInt32()
    {
        int word = (int)(drawn & 3);
        if (word == 0)
            block = Philox.Block(seed, drawn >> 2, stream);
        drawn++;
        return word switch { 0 => block.X, 1 => block.Y, 2 => block.Z, _ => block.W };
    }

    /// <summary>Draws a float uniformly from [0, 1).</summary>
    public float NextSingle() => Philox.ToUnitInterval(NextUInt32());

    /// <summary>Draws a float uniformly from [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public float NextSingle(float low, float high) => low + ((high - low) * NextSingle());

    /// <summary>Draws an integer uniformly from [0, <paramref name="exclusiveBound"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int NextInt32(int exclusiveBound)
    {
        Require.Positive(exclusiveBound, "The bound of random numbers");
        // Lemire's multiply-shift, with rejection so that no value is favoured.
        uint bound = (uint)exclusiveBound, threshold = (0u - bound) % bound;
        ulong product;
        do
            product = (ulong)NextUInt32() * bound;
        while ((uint)product < threshold);
        return (int)(product >> 32);
    }

    /// <summary>Draws from the normal distribution with mean 0 and standard deviation 1 (Box–Muller).</summary>
    public float NextNormal()
    {
        // One minus a number in [0, 1) is never 0, so the logarithm is finite.
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - NextSingle()));
        return (float)(radius * Math.Cos(2.0 * Math.PI * NextSingle()));
    }

    /// <summary>Puts the items into random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
