using System.Runtime.CompilerServices;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>Square tiles of N×H×W×C images at equal distances, which may overlap and reach beyond the image.</summary>
/// <param name="Height">Height of an image.</param>
/// <param name="Width">Width of an image.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Down">Tiles below each other.</param>
/// <param name="Across">Tiles beside each other.</param>
/// <param name="Step">Distance between tiles.</param>
/// <param name="Size">Height and width of a tile.</param>
/// <param name="OffsetY">Row of the first tile's first pixel.</param>
/// <param name="OffsetX">Column of the first tile's first pixel.</param>
internal readonly unsafe record struct TileGrid(
    int Height, int Width, int Channels, int Down, int Across, int Step, int Size, int OffsetY = 0, int OffsetX = 0)
{
    /// <summary>Finds the pixels of a tile; those outside of the image get the address <paramref name="outside"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Find(float* images, int tile, float* outside, float** pixels)
    {
        (int line, int column) = Math.DivRem(tile, Across);
        (int image, int row) = Math.DivRem(line, Down);
        int top = (row * Step) + OffsetY, left = (column * Step) + OffsetX;
        for (int i = 0; i < Size; i++, pixels += Size)
        {
            bool inside = (uint)(top + i) < (uint)Height;
            float* first = images + ((((((nint)image * Height) + top + i) * Width) + left) * Channels);
            for (int j = 0; j < Size; j++) pixels[j] = inside && (uint)(left + j) < (uint)Width ? first + ((nint)j * Channels) : outside;
        }
    }
}

/// <summary>The last channels, where they do not fill a vector: copies of a tile's pixels that do.</summary>
internal readonly unsafe ref struct TailTile
{
    private readonly float* copies;
    private readonly int count, lanes;

    /// <param name="table">Room for the addresses of the copies.</param>
    /// <param name="copies">Room for a vector for each pixel.</param>
    /// <param name="count">Pixels of a tile.</param>
    /// <param name="lanes">Channels of a vector.</param>
    public TailTile(float** table, float* copies, int count, int lanes)
    {
        Pixels = table;
        this.copies = copies;
        (this.count, this.lanes) = (count, lanes);
        for (int i = 0; i < count; i++) table[i] = copies + (i * lanes);
    }

    /// <summary>Where the copies are.</summary>
    public float** Pixels { get; }

    /// <summary>Copies channels from <paramref name="offset"/> on, and fills up with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(float** pixels, nint offset, int valid)
    {
        for (int i = 0; i < count; i++) PanelPacking.CopyRow(pixels[i] + offset, valid, copies + (i * lanes), lanes);
    }

    /// <summary>Copies channels back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scatter(float** pixels, nint offset, int valid)
    {
        for (int i = 0; i < count; i++) PanelPacking.CopyRow(copies + (i * lanes), valid, pixels[i] + offset, valid);
    }
}
