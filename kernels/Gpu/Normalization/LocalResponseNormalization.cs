using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Normalization;

/// <summary>A power with a negative exponent.</summary>
public interface INegativePower
{
    /// <summary>x to the power −β.</summary>
    static abstract float Apply(float x, float beta);
}

/// <summary>β is ½.</summary>
public readonly struct InverseRoot : INegativePower
{
    /// <inheritdoc/>
    public static float Apply(float x, float beta) => 1f / MathF.Sqrt(x);
}

/// <summary>β is ¾.</summary>
public readonly struct InverseThreeQuarters : INegativePower
{
    /// <inheritdoc/>
    public static float Apply(float x, float beta)
    {
        float root = MathF.Sqrt(x);
        return 1f / (root * MathF.Sqrt(root));
    }
}

/// <summary>Any β.</summary>
public readonly struct AnyPower : INegativePower
{
    /// <inheritdoc/>
    public static float Apply(float x, float beta) => KernelMath.Pow(x, -beta);
}

/// <summary>Local response normalisation across channels: y = x · s^−β with s = k + α/size · Σ x² over neighbouring channels.</summary>
/// <remarks>Krizhevsky et al., NIPS 2012, section 3.3; α is divided by the size, as in PyTorch.</remarks>
public static class LocalResponseNormalization
{
    /// <summary>Computes an element a thread.</summary>
    /// <param name="x">pixels × channels.</param>
    /// <param name="y">pixels × channels.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="channels">How many channels.</param>
    /// <param name="size">How many channels a sum covers.</param>
    /// <param name="share">α / size.</param>
    /// <param name="beta">β.</param>
    /// <param name="k">k.</param>
    public static void Forward<TPower>(
        ArrayView<float> x, ArrayView<float> y, int count, int channels, int size, float share, float beta, float k)
        where TPower : struct, INegativePower
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int channel = index % channels;
        y[index] = x[index] * TPower.Apply(Scale(x, index - channel, channel, channels, size, share, k), beta);
    }

    /// <summary>Computes an element of the input's gradient a thread: dx = dy·s^−β − 2βα/size · x · Σ dy·x·s^(−β−1).</summary>
    /// <param name="x">The forward input, pixels × channels.</param>
    /// <param name="dy">The output's gradient.</param>
    /// <param name="dx">The input's gradient.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="channels">How many channels.</param>
    /// <param name="size">How many channels a sum covers.</param>
    /// <param name="share">α / size.</param>
    /// <param name="beta">β.</param>
    /// <param name="k">k.</param>
    public static void Backward<TPower>(
        ArrayView<float> x, ArrayView<float> dy, ArrayView<float> dx, int count, int channels, int size, float share, float beta, float k)
        where TPower : struct, INegativePower
    {
        int index = Grid.GlobalIndex.X;
        if (index >= count) return;
        int channel = index % channels, pixel = index - channel;
        // The window of an even size reaches one further down than up, so the windows that hold a channel are one further up.
        int last = Math.Min(channel + (size / 2), channels - 1);
        float own = 0, sum = 0;
        for (int other = Math.Max(channel + (size / 2) + 1 - size, 0); other <= last; other++)
        {
            float scale = Scale(x, pixel, other, channels, size, share, k), power = TPower.Apply(scale, beta),
                scaled = dy[pixel + other] * power;
            if (other == channel) own = scaled;
            sum += scaled * x[pixel + other] / scale;
        }
        dx[index] = own - (2f * beta * share * x[index] * sum);
    }

    private static float Scale(ArrayView<float> x, int pixel, int channel, int channels, int size, float share, float k)
    {
        int first = channel - (size / 2), end = Math.Min(first + size, channels);
        float sum = 0;
        for (int i = Math.Max(first, 0); i < end; i++) sum += x[pixel + i] * x[pixel + i];
        return k + (share * sum);
    }
}
