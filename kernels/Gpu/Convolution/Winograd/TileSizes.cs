namespace Fovea.Gpu.Convolution.Winograd;

/// <summary>Square tiles of N×H×W×C images at equal distances, which may overlap and reach beyond the image.</summary>
/// <param name="height">Height of an image.</param>
/// <param name="width">Width of an image.</param>
/// <param name="channels">Channels of an image.</param>
/// <param name="down">Tiles below each other.</param>
/// <param name="across">Tiles beside each other.</param>
/// <param name="step">Distance between tiles.</param>
/// <param name="offsetY">Row of the first tile's first pixel.</param>
/// <param name="offsetX">Column of the first tile's first pixel.</param>
public readonly struct TileSizes(int height, int width, int channels, int down, int across, int step, int offsetY = 0, int offsetX = 0)
{
    /// <summary>Height of an image.</summary>
    public readonly int Height = height;

    /// <summary>Width of an image.</summary>
    public readonly int Width = width;

    /// <summary>Channels of an image.</summary>
    public readonly int Channels = channels;

    /// <summary>Tiles below each other.</summary>
    public readonly int Down = down;

    /// <summary>Tiles beside each other.</summary>
    public readonly int Across = across;

    /// <summary>Distance between tiles.</summary>
    public readonly int Step = step;

    /// <summary>Row of the first tile's first pixel.</summary>
    public readonly int OffsetY = offsetY;

    /// <summary>Column of the first tile's first pixel.</summary>
    public readonly int OffsetX = offsetX;

    /// <summary>Finds the first pixel of a tile, which may lie outside of the image.</summary>
    /// <param name="index">Which tile and channel: channels are counted first.</param>
    /// <param name="y">The pixel's row.</param>
    /// <param name="x">The pixel's column.</param>
    /// <param name="channel">The channel.</param>
    /// <returns>The pixel's place in memory.</returns>
    public int First(int index, out int y, out int x, out int channel)
    {
        int tile = index / Channels, line = tile / Across, image = line / Down;
        channel = index - (tile * Channels);
        y = ((line - (image * Down)) * Step) + OffsetY;
        x = ((tile - (line * Across)) * Step) + OffsetX;
        return (((((image * Height) + y) * Width) + x) * Channels) + channel;
    }
}
