using System.Runtime.CompilerServices;

namespace Fovea.Cpu.Convolution.Fft;

/// <summary>A rectangle of pixels that fills a part of a tile; the rest of the tile is zeros.</summary>
/// <param name="data">Its first pixel's first channel.</param>
/// <param name="line">The distance in memory from a line to the next; negative if the rectangle is taken upside down.</param>
/// <param name="pixel">The distance from a pixel to the next; negative if it is taken from right to left.</param>
/// <param name="y">The tile's line where it begins.</param>
/// <param name="x">The tile's column where it begins.</param>
/// <param name="height">Its lines.</param>
/// <param name="width">Its columns.</param>
/// <param name="channels">How many channels exist, at most a vector's lanes.</param>
internal readonly unsafe struct TileRectangle(float* data, nint line, nint pixel, int y, int x, int height, int width, int channels)
{
    public readonly float* Data = data;

    public readonly nint Line = line;

    public readonly nint Pixel = pixel;

    public readonly int Y = y;

    public readonly int X = x;

    public readonly int Height = height;

    public readonly int Width = width;

    public readonly int Channels = channels;
}

/// <summary>
/// The two-dimensional Fourier transform of a tile of real pixels, for as many channels at once as a vector has lanes. The spectrum
/// is spread: every frequency has a place in its own matrix.
/// </summary>
/// <remarks>Frequency (ky, kx), with kx up to half the width, has number kx·height + ky. An instance is immutable.</remarks>
internal sealed unsafe class TileTransform<T>
    where T : unmanaged, ILanes<T>
{
    private readonly int height, width, columns;
    private readonly ComplexTransform horizontal, vertical;
    private readonly RealSpectrum real;

    /// <summary>Plans transforms.</summary>
    /// <param name="height">Lines of a tile; a length without other prime factors than 2, 3, 5 and 7.</param>
    /// <param name="width">Columns of a tile, even, with such factors too.</param>
    public TileTransform(int height, int width)
    {
        (this.height, this.width, columns) = (height, width, (width / 2) + 1);
        horizontal = new ComplexTransform(width / 2, T.Count);
        vertical = new ComplexTransform(height, T.Count);
        real = new RealSpectrum(width, T.Count);
    }

    /// <summary>How many frequencies there are.</summary>
    public int Frequencies => Count(height, width);

    /// <summary>The scratch memory of one thread, in floats.</summary>
    public long ScratchFloats => SpectrumFloats + (2L * width * T.Count) + Math.Max(horizontal.WorkFloats, vertical.WorkFloats);

    private nint SpectrumFloats => (nint)columns * height * 2 * T.Count;

    /// <summary>How many frequencies a tile has.</summary>
    public static int Count(int height, int width) => height * ((width / 2) + 1);

    /// <summary>Transforms a tile.</summary>
    /// <param name="tile">The pixels.</param>
    /// <param name="spectrum">Where frequency 0 goes: real parts of a vector of channels, then imaginary parts.</param>
    /// <param name="plane">The distance from a frequency to the next.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(in TileRectangle tile, float* spectrum, nint plane, float* scratch)
    {
        nint pitch = 2 * T.Count, column = height * pitch;
        float* line = scratch + SpectrumFloats, half = line + (width * T.Count), work = half + (width * T.Count);
        T zero = T.Create(0f);
        for (int i = 0; i < tile.X * T.Count; i += T.Count) zero.Store(line + i);
        for (int i = (tile.X + tile.Width) * T.Count; i < width * T.Count; i += T.Count) zero.Store(line + i);
        for (int y = 0; y < height; y++)
        {
            float* target = scratch + (y * pitch);
            if (y < tile.Y || y >= tile.Y + tile.Height)
            {
                for (int k = 0; k < columns; k++, target += column)
                {
                    zero.Store(target);
                    zero.Store(target + T.Count);
                }
                continue;
            }
            LoadLine(tile, tile.Data + ((y - tile.Y) * tile.Line), line + (tile.X * T.Count));
            nint size = (nint)(width / 2) * T.Count;
            horizontal.Run<T>(line, line + T.Count, pitch, half, half + size, T.Count, work);
            real.Separate<T>(half, half + size, T.Count, target, target + T.Count, column);
        }
        for (int k = 0; k < columns; k++)
        {
            float* source = scratch + (k * column), target = spectrum + ((nint)k * height * plane);
            vertical.Run<T>(source, source + T.Count, pitch, target, target + T.Count, plane, work);
        }
    }

    /// <summary>Transforms back, and stores a part of the tile.</summary>
    /// <param name="spectrum">Frequency 0.</param>
    /// <param name="plane">The distance from a frequency to the next.</param>
    /// <param name="tile">Which part goes where.</param>
    /// <param name="bias">One number per channel that exists, or null.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Inverse(float* spectrum, nint plane, in TileRectangle tile, float* bias, bool clampNegative, float* scratch)
    {
        nint pitch = 2 * T.Count, column = height * pitch, size = (nint)(width / 2) * T.Count;
        float* line = scratch + SpectrumFloats, half = line + (width * T.Count), work = half + (width * T.Count);
        // Real and imaginary parts change places before and after: that turns the sign around.
        for (int k = 0; k < columns; k++)
        {
            float* source = spectrum + ((nint)k * height * plane), target = scratch + (k * column);
            vertical.Run<T>(source + T.Count, source, plane, target + T.Count, target, pitch, work);
        }
        float* offsets = stackalloc float[T.Count];
        new Span<float>(offsets, T.Count).Clear();
        if (bias is not null) new ReadOnlySpan<float>(bias, tile.Channels).CopyTo(new Span<float>(offsets, T.Count));
        T offset = T.Load(offsets), scale = T.Create(1f / ((float)height * width)), zero = T.Create(0f);
        for (int y = 0; y < tile.Height; y++)
        {
            float* source = scratch + ((tile.Y + y) * pitch), target = tile.Data + (y * tile.Line);
            real.Join<T>(source, source + T.Count, column, half, half + size, T.Count);
            horizontal.Run<T>(half + size, half, T.Count, line + T.Count, line, pitch, work);
            float* pixel = line + (tile.X * T.Count);
            for (int x = 0; x < tile.Width; x++, pixel += T.Count, target += tile.Pixel)
            {
                T value = T.MultiplyAdd(T.Load(pixel), scale, offset);
                if (clampNegative) value = T.AtLeast(zero, value);
                if (tile.Channels == T.Count)
                {
                    value.Store(target);
                    continue;
                }
                value.Store(pixel);
                for (int lane = 0; lane < tile.Channels; lane++) target[lane] = pixel[lane];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadLine(in TileRectangle tile, float* source, float* line)
    {
        if (tile.Channels == T.Count)
        {
            for (int x = 0; x < tile.Width; x++, source += tile.Pixel, line += T.Count) T.Load(source).Store(line);
            return;
        }
        for (int x = 0; x < tile.Width; x++, source += tile.Pixel, line += T.Count)
        {
            T.Create(0f).Store(line);
            for (int lane = 0; lane < tile.Channels; lane++) line[lane] = source[lane];
        }
    }
}
