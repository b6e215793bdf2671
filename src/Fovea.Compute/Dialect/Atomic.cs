using System.Runtime.CompilerServices;

namespace Fovea.Compute.Dialect;

/// <summary>
/// Operations on elements of views and of shared memory that no other thread can interrupt. Each gives the value from before.
/// </summary>
public static class Atomic
{
    /// <summary>Adds; wraps.</summary>
    public static int Add(ref int target, int value) => Interlocked.Add(ref target, value) - value;

    /// <summary>Adds; wraps.</summary>
    public static uint Add(ref uint target, uint value) => Interlocked.Add(ref target, value) - value;

    /// <summary>Adds floats. The order of several threads' additions, and so the rounding, is not defined.</summary>
    public static float Add(ref float target, float value)
    {
        ref int bits = ref Unsafe.As<float, int>(ref target);
        int old = bits;
        while (true)
        {
            int seen = CompareExchange(ref bits, old, BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(old) + value));
            if (seen == old) return BitConverter.Int32BitsToSingle(old);
            old = seen;
        }
    }

    /// <summary>Keeps the larger.</summary>
    public static int Max(ref int target, int value)
    {
        int old = Volatile.Read(ref target);
        for (int seen; old < value; old = seen)
        {
            seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
        }
        return old;
    }

    /// <summary>Keeps the larger.</summary>
    public static uint Max(ref uint target, uint value)
    {
        uint old = Volatile.Read(ref target);
        for (uint seen; old < value; old = seen)
        {
            seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
        }
        return old;
    }

    /// <summary>Keeps the smaller.</summary>
    public static int Min(ref int target, int value)
    {
        int old = Volatile.Read(ref target);
        for (int seen; old > value; old = seen)
        {
            seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
        }
        return old;
    }

    /// <summary>Keeps the smaller.</summary>
    public static uint Min(ref uint target, uint value)
    {
        uint old = Volatile.Read(ref target);
        for (uint seen; old > value; old = seen)
        {
            seen = Interlocked.CompareExchange(ref target, value, old);
            if (seen == old) break;
        }
        return old;
    }

    /// <summary>Keeps the bits that both have.</summary>
    public static int And(ref int target, int value) => Interlocked.And(ref target, value);

    /// <summary>Keeps the bits that both have.</summary>
    public static uint And(ref uint target, uint value) => Interlocked.And(ref target, value);

    /// <summary>Keeps the bits that either has.</summary>
    public static int Or(ref int target, int value) => Interlocked.Or(ref target, value);

    /// <summary>Keeps the bits that either has.</summary>
    public static uint Or(ref uint target, uint value) => Interlocked.Or(ref target, value);

    /// <summary>Keeps the bits that just one has.</summary>
    public static int Xor(ref int target, int value) => (int)Xor(ref Unsafe.As<int, uint>(ref target), (uint)value);

    /// <summary>Keeps the bits that just one has.</summary>
    public static uint Xor(ref uint target, uint value)
    {
        uint old = Volatile.Read(ref target);
        while (true)
        {
            uint seen = Interlocked.CompareExchange(ref target, old ^ value, old);
            if (seen == old) return old;
            old = seen;
        }
    }

    /// <summary>Replaces the value.</summary>
    public static int Exchange(ref int target, int value) => Interlocked.Exchange(ref target, value);

    /// <summary>Replaces the value.</summary>
    public static uint Exchange(ref uint target, uint value) => Interlocked.Exchange(ref target, value);

    /// <summary>Replaces the value if it is as expected.</summary>
    public static int CompareExchange(ref int target, int expected, int value) => Interlocked.CompareExchange(ref target, value, expected);

    /// <summary>Replaces the value if it is as expected.</summary>
    public static uint CompareExchange(ref uint target, uint expected, uint value) => Interlocked.CompareExchange(ref target, value, expected);
}
