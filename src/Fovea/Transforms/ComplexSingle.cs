using System.Numerics;

namespace Fovea;

/// <summary>A complex number of two floats, as they lie in memory: real part, imaginary part.</summary>
/// <param name="Real">The real part.</param>
/// <param name="Imaginary">The imaginary part.</param>
public readonly record struct ComplexSingle(float Real, float Imaginary)
{
    /// <summary>The same number in double precision.</summary>
    public static implicit operator Complex(ComplexSingle value) => new(value.Real, value.Imaginary);

    /// <summary>The nearest number in single precision.</summary>
    public static explicit operator ComplexSingle(Complex value) => new((float)value.Real, (float)value.Imaginary);
}
