namespace Fovea.Files;

/// <summary>The element type of a tensor in a safetensors file; the members have the names the format's header uses.</summary>
public enum SafetensorsDType
{
    /// <summary>A byte, 0 or 1.</summary>
    BOOL,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float with 5 exponent and 2 mantissa bits.</summary>
    F8_E5M2,

    /// <summary>8-bit float with 4 exponent and 3 mantissa bits.</summary>
    F8_E4M3,

    /// <summary>8-bit power of two, the scale of block formats.</summary>
    F8_E8M0,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of an IEEE single.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>A complex number of two IEEE singles.</summary>
    C64,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}

internal static class SafetensorsDTypes
{
    /// <summary>Gets the size of one element in bytes.</summary>
    public static int Size(this SafetensorsDType type) => type switch
    {
        <= SafetensorsDType.F8_E8M0 => 1,
        <= SafetensorsDType.BF16 => 2,
        <= SafetensorsDType.F32 => 4,
        _ => 8,
    };

    /// <summary>Finds a type by its name in the header. Enum.TryParse alone would also take numbers and lists.</summary>
    public static bool TryParse(string? name, out SafetensorsDType type) =>
        Enum.TryParse(name, out type) && type.ToString() == name;

    /// <summary>The size of a tensor in bytes, or null where a dimension is negative or the size passes 64 bits.</summary>
    public static long? ByteLength(this SafetensorsDType type, ReadOnlySpan<long> shape)
    {
        long size = type.Size();
        foreach (long dimension in shape)
        {
            if (dimension < 0 || Math.BigMul(size, dimension, out size) != 0 || size < 0)
                return null;
        }
        return size;
    }
}
