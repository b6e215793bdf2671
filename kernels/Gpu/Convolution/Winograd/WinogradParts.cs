using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Gpu.Convolution.Winograd;

/// <summary>As many images at a time as keep the memory of their tiles within limits.</summary>
internal sealed class ImageChunks
{
    /// <summary>The limit where nobody gives another: 256 MiB.</summary>
    public const long MostElements = 1 << 26;

    private readonly int images;

    /// <param name="images">Images in the batch.</param>
    /// <param name="imageTiles">Tiles of an image.</param>
    /// <param name="tileElements">Elements of a tile, transformed.</param>
    /// <param name="mostElements">Elements of all transformed tiles at a time, if one image has fewer.</param>
    public ImageChunks(int images, int imageTiles, int tileElements, long mostElements)
    {
        (this.images, ImageTiles) = (images, imageTiles);
        int maxImages = (int)Math.Clamp(mostElements / ((long)imageTiles * tileElements), 1, images);
        // Of about equal sizes.
        int parts = (images + maxImages - 1) / maxImages;
        Images = (images + parts - 1) / parts;
        Count = (images + Images - 1) / Images;
    }

    /// <summary>How many chunks there are.</summary>
    public int Count { get; }

    /// <summary>Images of every chunk but the last.</summary>
    public int Images { get; }

    /// <summary>Tiles of an image.</summary>
    public int ImageTiles { get; }

    /// <summary>Tiles of every chunk but the last.</summary>
    public int Tiles => Images * ImageTiles;

    /// <summary>Tiles of the last chunk.</summary>
    public int LastTiles => ImagesOf(Count - 1) * ImageTiles;

    /// <summary>Images of a chunk.</summary>
    public int ImagesOf(int chunk) => Math.Min(Images, images - (chunk * Images));
}

/// <summary>What the passes have in common.</summary>
internal static class WinogradParts
{
    /// <summary>
    /// Whether the method can do this: 3×3 filters without stride, dilation and groups, and one image's tiles within reach of an index.
    /// </summary>
    /// <param name="s">The forward convolution.</param>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static bool Supports(ConvolutionShape s, int outputs)
    {
        if (outputs is not (2 or 4) || s is not { R: 3, S: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1 }) return false;
        long tiles = ((Math.Max(s.H, s.P) + outputs - 1L) / outputs) * ((Math.Max(s.W, s.Q) + outputs - 1L) / outputs),
            frequencies = (outputs + 2) * (outputs + 2);
        // The gradient of filters has as many parts as images at most.
        return frequencies * Math.Max(tiles * Math.Max(s.C, s.K), (long)s.N * s.K * s.C) <= int.MaxValue;
    }

    public static void Require(ConvolutionShape s, int outputs)
    {
        if (!Supports(s, outputs)) throw new ArgumentException($"F({outputs}×{outputs}, 3×3) cannot do the convolution {s}.", nameof(s));
    }

    /// <summary>The size of some floats, such that what follows begins at a cache line.</summary>
    public static long Bytes(long elements) => (elements * sizeof(float) + 255) / 256 * 256;

    /// <summary>Some images of a batch.</summary>
    public static BufferView Images(BufferView batch, int first, int count, long elements) =>
        batch.Part(first * elements * sizeof(float), count * elements * sizeof(float));

    /// <summary>Loads the kernels of all passes, with channels that fill vectors and such that do not: for lists of kernels.</summary>
    public static void LoadAll(GpuContext context)
    {
        var geometry = new ConvolutionGeometry(Window.Of(1, 1));
        TensorSpec bias = new(new Shape(64));
        foreach (int outputs in new[] { 2, 4 })
        {
            foreach (int channels in new[] { 3, 64 })
            {
                TensorSpec x = new(new Shape(8, 56, 56, channels)), y = new(new Shape(8, 56, 56, 64)),
                    w = new(new Shape(64, 3, 3, channels));
                _ = new WinogradForwardStep(new ConvolutionOp(geometry, Activation.Relu), [x, w, bias], context, outputs);
                _ = new WinogradForwardStep(new ConvolutionOp(geometry), [x, w, bias], context, outputs);
                _ = new WinogradForwardStep(new ConvolutionOp(geometry), [x, w], context, outputs);
                _ = new WinogradInputGradientStep(new ConvolutionInputGradientOp(geometry, x.Shape), [y, w], context, outputs);
                _ = new WinogradWeightGradientStep(new ConvolutionWeightGradientOp(geometry, w.Shape), [x, y], context, outputs);
            }
        }
    }
}
