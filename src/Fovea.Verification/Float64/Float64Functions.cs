namespace Fovea.Verification.Float64;

/// <summary>Functions that <see cref="Math"/> does not have.</summary>
internal static class Float64Functions
{
    /// <summary>The error function, within 10⁻¹⁵.</summary>
    /// <remarks>
    /// M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 1964: 7.1.6, whose terms are all positive, and from 3 on the
    /// continued fraction 7.1.14 of what is missing to 1.
    /// </remarks>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        double size = Math.Abs(x), scale = Math.Exp(-size * size) / Math.Sqrt(Math.PI);
        if (size < 3)
        {
            double term = size, sum = size;
            for (int n = 1; term > sum * 1e-17; n++) sum += term *= 2 * size * size / ((2 * n) + 1);
            return Math.CopySign(2 * scale * sum, x);
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--) fraction = n / 2.0 / (size + fraction);
        return Math.CopySign(1 - (scale / (size + fraction)), x);
    }
}
