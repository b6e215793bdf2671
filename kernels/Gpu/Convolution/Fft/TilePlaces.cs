namespace Fovea.Gpu.Convolution.Fft;

/// <summary>
/// Where the pixels of tiles are: tiles lie in a grid over images, and element (y, x) of one is the pixel at the tile's place and
/// offset, in the given direction from there. Filters are images of one tile. A struct of numbers that a launch passes by value.
/// </summary>
public struct TilePlaces
{
    /// <summary>How many tiles there are.</summary>
    public int Tiles;

    /// <summary>Tiles of an image below each other.</summary>
    public int Down;

    /// <summary>Tiles of an image beside each other.</summary>
    public int Across;

    /// <summary>Vertical distance between tiles.</summary>
    public int StepY;

    /// <summary>Horizontal distance between tiles.</summary>
    public int StepX;

    /// <summary>The pixel of the first tile's element (0, 0).</summary>
    public int OffsetY;

    /// <summary>The pixel of the first tile's element (0, 0).</summary>
    public int OffsetX;

    /// <summary>1, or −1 where tiles are turned around.</summary>
    public int Direction;

    /// <summary>The first line of a tile that stands for pixels.</summary>
    public int FirstY;

    /// <summary>The first column that does.</summary>
    public int FirstX;

    /// <summary>The line after the last one that does.</summary>
    public int EndY;

    /// <summary>The column after the last one that does.</summary>
    public int EndX;

    /// <summary>Height of an image.</summary>
    public int Height;

    /// <summary>Width of an image.</summary>
    public int Width;

    /// <summary>Channels of a pixel.</summary>
    public int Channels;

    /// <summary>The distance between images in memory.</summary>
    public int ImageStride;

    /// <summary>The distance between lines.</summary>
    public int LineStride;

    /// <summary>The distance between pixels.</summary>
    public int PixelStride;

    /// <summary>The distance between channels.</summary>
    public int ChannelStride;

    /// <summary>Where a channel of a tile's image begins.</summary>
    public readonly int Image(int tile, int channel) => (tile / (Down * Across) * ImageStride) + (channel * ChannelStride);

    /// <summary>The line of the image where a tile begins.</summary>
    public readonly int Top(int tile) => (tile / Across % Down * StepY) + OffsetY;

    /// <summary>The column of the image where a tile begins.</summary>
    public readonly int Left(int tile) => (tile % Across * StepX) + OffsetX;

    /// <summary>Whether a line of a tile, at a line of the image, stands for pixels.</summary>
    public readonly bool HasLine(int y, int line) => y >= FirstY && y < EndY && (uint)line < (uint)Height;

    /// <summary>Whether a column of a tile, at a column of the image, stands for pixels.</summary>
    public readonly bool HasColumn(int x, int column) => x >= FirstX && x < EndX && (uint)column < (uint)Width;
}
