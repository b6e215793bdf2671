using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>
/// Weighs the channels of images N×H×W×C: their means go through two fully connected layers, and the result, between 0 and 1, multiplies
/// each channel.
/// </summary>
/// <param name="channels">Channels of the image.</param>
/// <param name="reduction">By how much the first layer narrows them, at least 1; one channel is left at least.</param>
/// <remarks>J. Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018.</remarks>
public sealed class SqueezeExcitation(int channels, int reduction = 16) : Module
{
    private readonly Conv2d fc1 = new(Narrowed(channels, reduction), kernel: 1), fc2 = new(channels, kernel: 1);
    private readonly GlobalAvgPool2d pool = new();

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4 || x.Shape[3] != channels)
            throw new ShapeException($"Squeeze and excitation of {channels} channels does not fit {x.Shape}.");
        return x * fc2.Apply(fc1.Apply(pool.Apply(x)).Relu()).Sigmoid();
    }

    private static int Narrowed(int channels, int reduction) => reduction >= 1 ? Math.Max(1, channels / reduction)
        : throw new ShapeException($"Squeeze and excitation narrows {channels} channels by 1 or more, not by {reduction}.");
}
