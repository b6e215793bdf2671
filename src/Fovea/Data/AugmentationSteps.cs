namespace Fovea.Data;

/// <summary>Geometric changes to interleaved 8-bit images; source and target do not overlap.</summary>
internal static class AugmentationSteps
{
    /// <summary>Mirrors left to right.</summary>
    public static void Flip(ReadOnlySpan<byte> source, ImageShape shape, Span<byte> target)
    {
        int channels = shape.Channels;
        for (int y = 0, row = 0; y < shape.Height; y++, row += shape.Width * channels)
            for (int x = 0; x < shape.Width; x++)
                source.Slice(row + ((shape.Width - 1 - x) * channels), channels).CopyTo(target[(row + (x * channels))..]);
    }

    /// <summary>Moves down and to the right; what comes in is black, or the image mirrored at its edge.</summary>
    public static void Move(ReadOnlySpan<byte> source, ImageShape shape, int down, int right, bool mirror, Span<byte> target)
    {
        int channels = shape.Channels;
        for (int y = 0, at = 0; y < shape.Height; y++)
            for (int x = 0; x < shape.Width; x++, at += channels)
            {
                int fromY = y - down, fromX = x - right;
                if (mirror)
                    (fromY, fromX) = (Mirrored(fromY, shape.Height), Mirrored(fromX, shape.Width));
                Span<byte> pixel = target.Slice(at, channels);
                if ((uint)fromY < (uint)shape.Height && (uint)fromX < (uint)shape.Width)
                    source.Slice(((fromY * shape.Width) + fromX) * channels, channels).CopyTo(pixel);
                else
                    pixel.Clear();
            }
    }

    /// <summary>Turns clockwise around the centre, with bilinear interpolation; outside the image all is black.</summary>
    public static void Rotate(ReadOnlySpan<byte> source, ImageShape shape, float degrees, Span<byte> target)
    {
        int channels = shape.Channels;
        var (sin, cos) = MathF.SinCos(degrees * (MathF.PI / 180));
        float middleX = (shape.Width - 1) / 2f, middleY = (shape.Height - 1) / 2f;
        for (int y = 0, at = 0; y < shape.Height; y++)
            for (int x = 0; x < shape.Width; x++)
            {
                float fromX = middleX + (cos * (x - middleX)) + (sin * (y - middleY));
                float fromY = middleY - (sin * (x - middleX)) + (cos * (y - middleY));
                int left = (int)MathF.Floor(fromX), top = (int)MathF.Floor(fromY);
                float across = fromX - left, down = fromY - top;
                for (int channel = 0; channel < channels; channel++, at++)
                {
                    float above = float.Lerp(At(top, left, source), At(top, left + 1, source), across);
                    float below = float.Lerp(At(top + 1, left, source), At(top + 1, left + 1, source), across);
                    target[at] = (byte)(float.Lerp(above, below, down) + 0.5f);

                    byte At(int y, int x, ReadOnlySpan<byte> source) => (uint)y < (uint)shape.Height && (uint)x < (uint)shape.Width
                        ? source[(((y * shape.Width) + x) * channels) + channel]
                        : (byte)0;
                }
            }
    }

    /// <summary>Reflects a position into 0..length−1 without repeating the edge.</summary>
    private static int Mirrored(int position, int length)
    {
        int period = Math.Max(1, 2 * (length - 1));
        position = Math.Abs(position) % period;
        return position < length ? position : period - position;
    }
}
