using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Convolution.Fft;

/// <summary>The side of a square tile, known while compiling: a power of two, at most 32.</summary>
public interface ITileSide
{
    /// <summary>The side's length.</summary>
    static abstract int Length { get; }

    /// <summary>Its logarithm to base 2.</summary>
    static abstract int Log { get; }
}

/// <summary>Tiles of 8×8.</summary>
public readonly struct Side8 : ITileSide
{
    /// <inheritdoc/>
    public static int Length => 8;

    /// <inheritdoc/>
    public static int Log => 3;
}

/// <summary>Tiles of 16×16.</summary>
public readonly struct Side16 : ITileSide
{
    /// <inheritdoc/>
    public static int Length => 16;

    /// <inheritdoc/>
    public static int Log => 4;
}

/// <summary>Tiles of 32×32.</summary>
public readonly struct Side32 : ITileSide
{
    /// <inheritdoc/>
    public static int Length => 32;

    /// <inheritdoc/>
    public static int Log => 5;
}

/// <summary>The Fourier transform of one short sequence in the registers of one thread.</summary>
public static class RegisterTransform
{
    /// <summary>
    /// Transforms in place. Result k comes to lie at <see cref="Place{TSide}"/> of k; with the arguments exchanged, the transform has the
    /// opposite sign.
    /// </summary>
    /// <param name="re">Real parts.</param>
    /// <param name="im">Imaginary parts.</param>
    public static void Run<TSide>(ArrayView<float> re, ArrayView<float> im)
        where TSide : struct, ITileSide
    {
        // Butterflies of length 2, decimated in frequency; every place and factor is known while compiling.
        for (int stage = 0; stage < TSide.Log; stage++)
        {
            int half = TSide.Length >> (stage + 1);
            for (int i = 0; i < TSide.Length / 2; i++)
            {
                int k = i % half, a = ((i - k) * 2) + k, b = a + half;
                float ar = re[a], ai = im[a], br = re[b], bi = im[b];
                re[a] = ar + br;
                im[a] = ai + bi;
                Turn(ar - br, ai - bi, k * (16 / half), out float dr, out float di);
                re[b] = dr;
                im[b] = di;
            }
        }
    }

    /// <summary>Where a result lies: its number with the bits in the opposite order.</summary>
    public static int Place<TSide>(int k)
        where TSide : struct, ITileSide
    {
        int place = 0;
        for (int bit = 0; bit < TSide.Log; bit++) place |= ((k >> bit) & 1) << (TSide.Log - 1 - bit);
        return place;
    }

    /// <summary>Multiplies with exp(−2πi·k/32), k from 0 to 15.</summary>
    private static void Turn(float re, float im, int k, out float turnedRe, out float turnedIm)
    {
        if (k == 0)
        {
            turnedRe = re;
            turnedIm = im;
        }
        else if (k == 8)
        {
            turnedRe = im;
            turnedIm = -re;
        }
        else if (k == 4)
        {
            turnedRe = (re + im) * Sine(4);
            turnedIm = (im - re) * Sine(4);
        }
        else if (k == 12)
        {
            turnedRe = (im - re) * Sine(4);
            turnedIm = (re + im) * -Sine(4);
        }
        else
        {
            float cos = k < 8 ? Sine(8 - k) : -Sine(k - 8), sin = k < 8 ? Sine(k) : Sine(16 - k);
            turnedRe = KernelMath.FusedMultiplyAdd(im, sin, re * cos);
            turnedIm = KernelMath.FusedMultiplyAdd(-re, sin, im * cos);
        }
    }

    /// <summary>sin(2πk/32), k from 1 to 7.</summary>
    private static float Sine(int k) => k switch
    {
        1 => 0.195090322016128267848f,
        2 => 0.382683432365089771728f,
        3 => 0.555570233019602224743f,
        4 => 0.707106781186547524401f,
        5 => 0.831469612302545237079f,
        6 => 0.923879532511286756128f,
        _ => 0.980785280403230449126f,
    };
}
