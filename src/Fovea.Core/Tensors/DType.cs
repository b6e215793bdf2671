namespace Fovea;

/// <summary>The type of a tensor's elements.</summary>
public enum DType
{
    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>32-bit integers: labels and counters.</summary>
    Int32,
}
