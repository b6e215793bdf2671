using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>What stands between the pixels of an enlarged image.</summary>
public enum Interpolation
{
    /// <summary>The nearest pixel.</summary>
    Nearest,

    /// <summary>The weighted mean of the four nearest pixels.</summary>
    Bilinear,
}

/// <summary>Enlarges images N×H×W×C by whole factors.</summary>
/// <param name="scale">How many pixels each becomes along the height and along the width.</param>
/// <param name="interpolation">What stands between.</param>
/// <param name="alignCorners">Whether the corners of both images lie on each other, in bilinear interpolation.</param>
/// <remarks>PyTorch's Upsample.</remarks>
public sealed class Upsample(Size2d scale, Interpolation interpolation = Interpolation.Nearest, bool alignCorners = false) : Module
{
    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 4) throw new ShapeException($"Images N×H×W×C are enlarged, not {x.Shape}.");
        if (scale.Height < 1 || scale.Width < 1) throw new ShapeException($"An image cannot be enlarged by {scale}.");
        return Along(Along(x, 1, scale.Height), 2, scale.Width);
    }

    private Value Along(Value x, int axis, int factor)
    {
        int size = x.Shape[axis], result = x.Shape.Joined("The enlarged image", (long)size * factor);
        if (factor == 1) return x;
        AxisWeights weights = interpolation == Interpolation.Nearest ? AxisWeights.Nearest(size, result)
            : AxisWeights.Linear(size, result, alignCorners);
        return x.Graph.Add(new ResampleOp(axis, weights), x);
    }
}
