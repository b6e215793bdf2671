namespace Fovea.Core.Random;

/// <summary>
/// A hash of a text that is the same in every process, unlike <see cref="object.GetHashCode"/>: FNV-1a over UTF-16 units.
/// </summary>
/// <remarks>G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft.</remarks>
internal static class StableHash
{
    private const uint Offset = 2166136261, Prime = 16777619;

    public static uint Of(string text)
    {
        uint hash = Offset;
        foreach (char unit in text)
        {
            hash = unchecked((hash ^ (unit & 0xFFu)) * Prime);
            hash = unchecked((hash ^ ((uint)unit >> 8)) * Prime);
        }
        return hash;
    }
}
