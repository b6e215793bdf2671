namespace Fovea.Core.Random;

/// <summary>
/// Philox 4×32-10, a counter-based generator: every block of four words is a pure function of a key and a counter, so
/// any element of any stream can be computed on any device, in any order, without state.
/// </summary>
/// <remarks>
/// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.2.
/// </remarks>
public static class Philox
{
    private const uint MultiplierA = 0xD2511F53, MultiplierB = 0xCD9E8D57;
    private const uint WeylA = 0x9E3779B9, WeylB = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>Computes one block of four random words.</summary>
    /// <param name="key">The key: a seed.</param>
    /// <param name="counterLow">The low half of the counter: the block's position in its stream.</param>
    /// <param name="counterHigh">The high half of the counter: the stream.</param>
    public static PhiloxBlock Block(ulong key, ulong counterLow, ulong counterHigh)
    {
        uint x0 = (uint)counterLow, x1 = (uint)(counterLow >> 32), x2 = (uint)counterHigh, x3 = (uint)(counterHigh >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong a = (ulong)MultiplierA * x0, b = (ulong)MultiplierB * x2;
            (x0, x1, x2, x3) = ((uint)(b >> 32) ^ x1 ^ k0, (uint)b, (uint)(a >> 32) ^ x3 ^ k1, (uint)a);
            k0 += WeylA;
            k1 += WeylB;
        }
        return new PhiloxBlock(x0, x1, x2, x3);
    }

    /// <summary>Maps a random word to a float uniformly distributed in [0, 1), using its upper 24 bits.</summary>
    public static float ToUnitInterval(uint word) => (word >> 8) * (1f / (1 << 24));
}

/// <summary>The four words that one Philox evaluation gives.</summary>
public readonly record struct PhiloxBlock(uint X, uint Y, uint Z, uint W);
