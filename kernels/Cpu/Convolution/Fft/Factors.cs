using Fovea.Core.Memory;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>How lengths are taken apart.</summary>
internal static class Factors
{
    /// <summary>Whether a length has no prime factors but 2, 3, 5 and 7.</summary>
    public static bool IsSmooth(int length)
    {
        foreach (int prime in (ReadOnlySpan<int>)[2, 3, 5, 7])
        {
            while (length % prime == 0) length /= prime;
        }
        return length == 1;
    }

    /// <summary>
    /// The next length, from this one on, that has no other prime factors, and is a multiple of a number that has none either.
    /// </summary>
    public static int NextSmooth(int length, int multiple = 1)
    {
        int next = Align.Up(length, multiple);
        while (!IsSmooth(next)) next += multiple;
        return next;
    }

    /// <summary>
    /// The radices of a smooth length, in the order of the passes: 8 rather than 4, 4 rather than 2; at least one, 1 for length 1.
    /// </summary>
    public static int[] Radices(int length)
    {
        var radices = new List<int>();
        foreach (int odd in (ReadOnlySpan<int>)[7, 5, 3])
        {
            for (; length % odd == 0; length /= odd) radices.Add(odd);
        }
        // What is left is a power of two. 16 is 4·4 rather than 8·2.
        for (; length >= 8 && length != 16; length /= 8) radices.Add(8);
        if (length == 16) radices.AddRange([4, 4]);
        else if (length > 1 || radices.Count == 0) radices.Add(length);
        return [.. radices];
    }
}
