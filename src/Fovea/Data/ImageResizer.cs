using System.Buffers;
using System.Numerics.Tensors;

namespace Fovea.Data;

/// <summary>
/// Stretches or shrinks images, each axis by itself. It goes through the source row by row, and through rows piece by piece, so its memory
/// is that of a row of the target and of a piece, whatever the source's size. May be used from several threads.
/// </summary>
/// <param name="source">The size of the images.</param>
/// <param name="target">The size to bring them to, of as many channels as values have after the conversion.</param>
/// <param name="convert">Turns pixels of the source into values with the target's channels.</param>
internal sealed class ImageResizer(ImageShape source, ImageShape target, ImageResizer.Conversion convert)
{
    /// <summary>The values of a row that are converted at once.</summary>
    private const int PieceValues = 1 << 14;

    private readonly ResizeAxis rows = new(source.Height, target.Height), columns = new(source.Width, target.Width);

    /// <summary>Turns any number of pixels into values.</summary>
    public delegate void Conversion(ReadOnlySpan<byte> pixels, Span<float> values);

    /// <summary>Gives the image in the target's size.</summary>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        // Which axis is first decides how much there is to do for the other one.
        if (source.Height > target.Height && source.Width < target.Width) RowsFirst(pixels, destination);
        else ColumnsFirst(pixels, destination);
    }

    private void ColumnsFirst(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        int row = target.Width * target.Channels, piece = Math.Clamp(PieceValues / target.Channels, 1, source.Width);
        // Apart, since one length of all would pass that of an array where the target's row is near it.
        float[] sums = ArrayPool<float>.Shared.Rent(row), weights = ArrayPool<float>.Shared.Rent(piece),
            values = ArrayPool<float>.Shared.Rent(piece * target.Channels);
        Span<float> resized = sums.AsSpan(0, row);
        destination.Clear();
        int open = 0;
        for (int y = 0; y < source.Height; y++)
        {
            ReadOnlySpan<byte> from = Row(pixels, y);
            resized.Clear();
            int begun = 0;
            for (int start = 0, end; start < source.Width; start = end)
            {
                end = start + Math.Min(piece, source.Width - start);
                Span<float> converted = values.AsSpan(0, (end - start) * target.Channels);
                convert(from[(start * source.Channels)..(end * source.Channels)], converted);
                AddColumns(converted, start, end, resized, weights, ref begun);
            }
            while (rows.End(open) <= y) open++;
            for (int i = open; i < target.Height && rows.First(i) <= y; i++)
            {
                Span<float> sum = destination.Slice(i * row, row);
                TensorPrimitives.MultiplyAdd(resized, rows.Weight(i, y), sum, sum);
            }
        }
        ArrayPool<float>.Shared.Return(sums);
        ArrayPool<float>.Shared.Return(weights);
        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>For images that become lower and wider: sums of rows are then shorter than rows of the target.</summary>
    private void RowsFirst(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        int length = source.Width * target.Channels, row = target.Width * target.Channels;
        float[] values = ArrayPool<float>.Shared.Rent(length), sums = ArrayPool<float>.Shared.Rent(length),
            weights = ArrayPool<float>.Shared.Rent(source.Width);
        Span<float> converted = values.AsSpan(0, length), sum = sums.AsSpan(0, length);
        destination.Clear();
        for (int i = 0; i < target.Height; i++)
        {
            sum.Clear();
            for (int y = rows.First(i); y < rows.End(i); y++)
            {
                convert(Row(pixels, y), converted);
                TensorPrimitives.MultiplyAdd(converted, rows.Weight(i, y), sum, sum);
            }
            int begun = 0;
            AddColumns(sum, 0, source.Width, destination.Slice(i * row, row), weights, ref begun);
        }
        ArrayPool<float>.Shared.Return(values);
        ArrayPool<float>.Shared.Return(sums);
        ArrayPool<float>.Shared.Return(weights);
    }

    /// <summary>Adds what a piece of a row gives to the target's columns.</summary>
    /// <param name="values">The piece.</param>
    /// <param name="start">Its first column.</param>
    /// <param name="end">The column after its last.</param>
    /// <param name="resized">The sums so far.</param>
    /// <param name="room">Room for as many weights as the piece has columns.</param>
    /// <param name="begun">The first of the target's columns that is not whole yet.</param>
    private void AddColumns(
        ReadOnlySpan<float> values, int start, int end, Span<float> resized, Span<float> room, ref int begun)
    {
        int channels = target.Channels;
        while (begun < target.Width && columns.End(begun) <= start) begun++;
        for (int x = begun; x < target.Width && columns.First(x) < end; x++)
        {
            int from = Math.Max(start, columns.First(x)), to = Math.Min(end, columns.End(x));
            ReadOnlySpan<float> weights = columns.Weights(x, from, to, room);
            for (int channel = 0; channel < channels; channel++)
            {
                float sum = 0;
                for (int k = 0, at = ((from - start) * channels) + channel; k < weights.Length; k++, at += channels)
                    sum += weights[k] * values[at];
                resized[(x * channels) + channel] += sum;
            }
        }
    }

    private ReadOnlySpan<byte> Row(ReadOnlySpan<byte> pixels, int y) =>
        pixels.Slice(y * source.Width * source.Channels, source.Width * source.Channels);
}
