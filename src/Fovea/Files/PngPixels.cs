namespace Fovea.Files;

/// <summary>Turns unfiltered PNG rows into pixels of 8 bits a channel (PNG specification, sections 7.2, 11.3.1.1 and 13.12).</summary>
internal sealed class PngPixels(PngHeader header, byte[]? palette, byte[]? transparency)
{
    // The colour that tRNS makes transparent, in the file's own depth.
    private readonly int[]? key = header.Colour == PngColour.Palette || transparency is null ? null
        : [.. transparency.Chunk(2).Select(pair => (pair[0] << 8) | pair[1])];

    /// <summary>Gets the channels of a decoded pixel; gray with alpha becomes four.</summary>
    public int Channels { get; } = transparency is not null || header.Colour is PngColour.GrayAlpha or PngColour.RgbAlpha ? 4
        : header.Colour == PngColour.Gray ? 1 : 3;

    /// <summary>Puts the pixels of one row into their places, and gives the first palette index that has no colour, if any.</summary>
    public int? Unpack(ReadOnlySpan<byte> row, PngPass pass, int y, Span<byte> output)
    {
        int samples = header.Samples, start = ((y * header.Width) + pass.X) * Channels, step = pass.StepX * Channels;
        if (header.BitDepth == 8 && samples == Channels && pass.StepX == 1 && palette is null)
        {
            row.CopyTo(output[start..]);
            return null;
        }

        for (int x = 0, at = start; x < pass.Columns; x++, at += step)
        {
            var pixel = output.Slice(at, Channels);
            int first = Sample(row, x * samples);
            switch (header.Colour)
            {
                case PngColour.Palette:
                    if (first >= palette!.Length / 3)
                        return first;
                    palette.AsSpan(first * 3, 3).CopyTo(pixel);
                    if (Channels == 4)
                        pixel[3] = first < transparency!.Length ? transparency[first] : byte.MaxValue;
                    break;
                case PngColour.Gray or PngColour.GrayAlpha:
                    pixel[..Math.Min(3, Channels)].Fill(Scale(first));
                    if (Channels == 4)
                        pixel[3] = header.Colour == PngColour.GrayAlpha ? Scale(Sample(row, (x * 2) + 1)) : Opacity(first == key![0]);
                    break;
                default:
                    int second = Sample(row, (x * samples) + 1), third = Sample(row, (x * samples) + 2);
                    (pixel[0], pixel[1], pixel[2]) = (Scale(first), Scale(second), Scale(third));
                    if (Channels == 4)
                    {
                        pixel[3] = header.Colour == PngColour.RgbAlpha ? Scale(Sample(row, (x * 4) + 3))
                            : Opacity(first == key![0] && second == key[1] && third == key[2]);
                    }
                    break;
            }
        }
        return null;
    }

    private static byte Opacity(bool transparent) => transparent ? byte.MinValue : byte.MaxValue;

    private int Sample(ReadOnlySpan<byte> row, int index)
    {
        int depth = header.BitDepth;
        if (depth == 8)
            return row[index];
        if (depth == 16)
            return (row[index * 2] << 8) | row[(index * 2) + 1];
        int bit = index * depth;
        return (row[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }

    /// <summary>Scales a sample of the file's depth to 8 bits, rounding to the nearest.</summary>
    private byte Scale(int sample)
    {
        int largest = (1 << header.BitDepth) - 1;
        return (byte)(((sample * 255) + (largest / 2)) / largest);
    }
}
