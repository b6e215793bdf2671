namespace Fovea.Files;

/// <summary>How a PNG file lays out its pixels (PNG specification, section 11.2.1).</summary>
internal enum PngColour : byte
{
    Gray = 0,
    Rgb = 2,
    Palette = 3,
    GrayAlpha = 4,
    RgbAlpha = 6,
}

/// <summary>What the header chunk of a PNG file says (PNG specification, section 11.2.1).</summary>
internal sealed record PngHeader(int Width, int Height, int BitDepth, PngColour Colour, bool Interlaced)
{
    // Where the seven passes of Adam7 begin and step (section 8.1): x, y, step in x, step in y.
    private static readonly (int X, int Y, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Gets whether the specification has this colour type with this bit depth (section 11.2.1, table 11.1).</summary>
    public bool IsKnown => Colour switch
    {
        PngColour.Gray => BitDepth is 1 or 2 or 4 or 8 or 16,
        PngColour.Palette => BitDepth is 1 or 2 or 4 or 8,
        PngColour.Rgb or PngColour.GrayAlpha or PngColour.RgbAlpha => BitDepth is 8 or 16,
        _ => false,
    };

    /// <summary>Gets the samples of a pixel in the file.</summary>
    public int Samples => Colour switch { PngColour.Rgb => 3, PngColour.GrayAlpha => 2, PngColour.RgbAlpha => 4, _ => 1 };

    /// <summary>Gets the distance to the byte that filters compare with: a whole pixel, or one byte where pixels are smaller.</summary>
    public int FilterDistance => Math.Max(1, Samples * BitDepth / 8);

    /// <summary>Gets the reduced images the file consists of, one unless interlaced; empty ones are left out, as in the file.</summary>
    public IEnumerable<PngPass> Passes
    {
        get
        {
            (int X, int Y, int StepX, int StepY)[] starts = Interlaced ? Adam7 : [(0, 0, 1, 1)];
            foreach (var (x, y, stepX, stepY) in starts)
            {
                if (x < Width && y < Height)
                    yield return new PngPass(x, y, stepX, stepY, (Width - x + stepX - 1) / stepX, (Height - y + stepY - 1) / stepY);
            }
        }
    }

    /// <summary>The bytes of a row of so many pixels, without its filter type.</summary>
    public long RowBytes(int columns) => (((long)columns * Samples * BitDepth) + 7) / 8;
}

/// <summary>One reduced image of an interlaced file, or the only one of another: where its pixels lie, and how many.</summary>
internal readonly record struct PngPass(int X, int Y, int StepX, int StepY, int Columns, int Rows);
