using System.Runtime.CompilerServices;

namespace Fovea.Compute.Dialect;

/// <summary>Operations on shared or global memory that no other thread can interrupt. Each gives the value from before.</summary>
public static class Atomic
{
    /// <summary>Adds.</summary>
    public static int Add(ref int target, int value) => Interlocked.Add(ref target, value) - value;

    /// <summary>Adds.</summary>
    public static uint Add(ref uint target, uint value) => Interlocked.Add(ref target, value) - value;

    /// <summary>Adds floats. The order of several threads' additions, and so the rounding, is not defined.</summary>
    public static float Add(ref float target, float value)
    {
        ref int bits = ref Unsafe.As<float, int>(ref target);
        while (true)
        {
            int old = bits;
            int changed = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(old) + value);
            if (CompareExchange(ref bits, old, changed) == old) return BitConverter.Int32BitsToSingle(old);
        }
    }

    /// <summary>Keeps the larger.</summary>
    public static int Max(ref int target, int value)
    {
        int old = target;
        while (old < value)
        {
            int seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
            old = seen;
        }
        return old;
    }

    /// <summary>Keeps the smaller.</summary>
    public static int Min(ref int target, int value)
    {
        int old = target;
        while (old > value)
        {
            int seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
            old = seen;
        }
        return old;
    }

    /// <summary>Replaces the value.</summary>
    public static int Exchange(ref int target, int value) => Interlocked.Exchange(ref target, value);

    /// <summary>Replaces the value if it is as expected.</summary>
    public static int CompareExchange(ref int target, int expected, int value) => Interlocked.CompareExchange(ref target, value, expected);
}
