using Fovea.Gpu.Devices.Operations;
using Fovea.Gpu.Mathematics;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Convolution.Fft;

/// <summary>
/// Two-dimensional Fourier transforms of real tiles, and back. Some threads of a group share a channel of a tile: each transforms two
/// lines as one complex sequence and then one column, in registers, and lines become columns in shared memory.
/// </summary>
/// <remarks>
/// <para>Of a line's spectrum, columns 0 and half the side are real; they are kept, and transformed, as one complex column. So a real
/// tile takes as much memory as its spectrum, side²/2 + 2 different frequencies.</para>
/// <para>Spectra are laid out for three real products instead of a complex one, (a + ib)(c + id) = p − s + i(p + q) with p = (a + b)c,
/// q = a(d − c), s = b(c + d): for every frequency three matrices of rows × channels.</para>
/// </remarks>
public static class TileTransform
{
    /// <summary>What the spectra are in the product: a + b, a, b.</summary>
    public const int Left = 0;

    /// <summary>What the spectra are in the product: c, d − c, c + d.</summary>
    public const int Right = 1;

    /// <summary>A bias per channel is added.</summary>
    public const int Bias = 1;

    /// <summary>Negative results become 0.</summary>
    public const int Relu = 2;

    /// <summary>Results are added to what is there.</summary>
    public const int Add = 4;

    /// <summary>How many frequencies a tile has.</summary>
    public static int Frequencies(int side) => (side * side / 2) + 2;

    /// <summary>Transforms tiles. Threads of a group are channels (of one or more tiles) times half the side.</summary>
    /// <param name="source">The images.</param>
    /// <param name="spectra">frequency × 3 × row × channel.</param>
    /// <param name="places">Where tiles are.</param>
    /// <param name="first">The tile of row 0.</param>
    /// <param name="rows">Rows of the spectra; those past the last tile become zeros.</param>
    /// <param name="role"><see cref="Left"/> or <see cref="Right"/>.</param>
    /// <param name="lanes">Channels that a group works on.</param>
    public static void Forward<TSide>(
        ArrayView<float> source, ArrayView<float> spectra, TilePlaces places, int first, int rows, int role, SpecializedValue<int> lanes)
        where TSide : struct, ITileSide
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(TSide.Length * TSide.Length * lanes);
        ArrayView<float> re = LocalMemory.Allocate<float>(TSide.Length), im = LocalMemory.Allocate<float>(TSide.Length);
        int part = Group.IdxX / lanes, lane = Group.IdxX - (part * lanes), place = (Grid.IdxX * lanes) + lane;
        int row = place / places.Channels, tile = first + row;
        bool inside = place < rows * places.Channels;

        LoadLine<TSide>(source, re, places, tile, place - (row * places.Channels), 2 * part, inside);
        LoadLine<TSide>(source, im, places, tile, place - (row * places.Channels), (2 * part) + 1, inside);
        RegisterTransform.Run<TSide>(re, im);
        StoreLines<TSide>(shared, re, im, part, lane, lanes);
        KernelGroup.Barrier();
        LoadColumn<TSide>(shared, re, im, part, lane, lanes);
        RegisterTransform.Run<TSide>(re, im);
        if (inside) StoreColumn<TSide>(spectra, re, im, part, place, rows * places.Channels, role);
    }

    /// <summary>Transforms products back, and stores the part of tiles that places say.</summary>
    /// <param name="products">frequency × 3 × row × channel: p, q, s.</param>
    /// <param name="bias">One number per channel.</param>
    /// <param name="target">The images.</param>
    /// <param name="places">Where tiles are.</param>
    /// <param name="first">The tile of row 0.</param>
    /// <param name="rows">Rows of the products.</param>
    /// <param name="options"><see cref="Bias"/>, <see cref="Relu"/>, <see cref="Add"/>.</param>
    /// <param name="lanes">Channels that a group works on.</param>
    public static void Inverse<TSide>(
        ArrayView<float> products, ArrayView<float> bias, ArrayView<float> target, TilePlaces places, int first, int rows, int options,
        SpecializedValue<int> lanes)
        where TSide : struct, ITileSide
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(TSide.Length * TSide.Length * lanes);
        ArrayView<float> re = LocalMemory.Allocate<float>(TSide.Length), im = LocalMemory.Allocate<float>(TSide.Length);
        int part = Group.IdxX / lanes, lane = Group.IdxX - (part * lanes), place = (Grid.IdxX * lanes) + lane,
            size = rows * places.Channels;
        int row = place / places.Channels, tile = first + row;
        bool inside = place < size;

        // Threads past the end work on the last place's numbers, and store nothing.
        LoadProducts<TSide>(products, re, im, part, inside ? place : size - 1, size);
        RegisterTransform.Run<TSide>(im, re);
        StoreColumnOfLines<TSide>(shared, re, im, part, lane, lanes);
        KernelGroup.Barrier();
        LoadLines<TSide>(shared, re, im, part, lane, lanes);
        RegisterTransform.Run<TSide>(im, re);
        if (inside && tile < places.Tiles)
        {
            int channel = place - (row * places.Channels);
            float offset = 0f;
            if ((options & Bias) != 0) offset = bias[channel];
            StorePixels<TSide>(target, re, places, tile, channel, 2 * part, offset, options);
            StorePixels<TSide>(target, im, places, tile, channel, (2 * part) + 1, offset, options);
        }
    }

    private static void LoadLine<TSide>(
        ArrayView<float> source, ArrayView<float> registers, TilePlaces places, int tile, int channel, int y, bool inside)
        where TSide : struct, ITileSide
    {
        int line = places.Top(tile) + (places.Direction * y), left = places.Left(tile);
        int start = places.Image(tile, channel) + (line * places.LineStride);
        bool exists = inside && tile < places.Tiles && places.HasLine(y, line);
        for (int x = 0; x < TSide.Length; x++)
        {
            int column = left + (places.Direction * x);
            float value = 0f;
            if (exists && places.HasColumn(x, column)) value = source[start + (column * places.PixelStride)];
            registers[x] = value;
        }
    }

    /// <summary>Takes the spectra of two lines apart. At column 0 lie those of columns 0 and half the side, which are real.</summary>
    private static void StoreLines<TSide>(ArrayView<float> shared, ArrayView<float> re, ArrayView<float> im, int part, int lane, int lanes)
        where TSide : struct, ITileSide
    {
        int half = TSide.Length / 2, upper = (2 * part * TSide.Length * lanes) + lane, lower = upper + (TSide.Length * lanes);
        int last = RegisterTransform.Place<TSide>(half);
        shared[upper] = re[0];
        shared[upper + lanes] = re[last];
        shared[lower] = im[0];
        shared[lower + lanes] = im[last];
        for (int k = 1; k < half; k++)
        {
            int i = RegisterTransform.Place<TSide>(k), j = RegisterTransform.Place<TSide>(TSide.Length - k);
            shared[upper + (2 * k * lanes)] = 0.5f * (re[i] + re[j]);
            shared[upper + (((2 * k) + 1) * lanes)] = 0.5f * (im[i] - im[j]);
            shared[lower + (2 * k * lanes)] = 0.5f * (im[i] + im[j]);
            shared[lower + (((2 * k) + 1) * lanes)] = 0.5f * (re[j] - re[i]);
        }
    }

    private static void LoadColumn<TSide>(ArrayView<float> shared, ArrayView<float> re, ArrayView<float> im, int part, int lane, int lanes)
        where TSide : struct, ITileSide
    {
        for (int y = 0; y < TSide.Length; y++)
        {
            int start = (((y * TSide.Length) + (2 * part)) * lanes) + lane;
            re[y] = shared[start];
            im[y] = shared[start + lanes];
        }
    }

    private static void StoreColumn<TSide>(
        ArrayView<float> spectra, ArrayView<float> re, ArrayView<float> im, int part, int place, int size, int role)
        where TSide : struct, ITileSide
    {
        if (part > 0)
        {
            int start = (3 * (part - 1) * TSide.Length * size) + place;
            for (int k = 0; k < TSide.Length; k++)
            {
                int i = RegisterTransform.Place<TSide>(k);
                Store(spectra, start + (3 * k * size), size, re[i], im[i], role);
            }
        }
        else
        {
            int half = TSide.Length / 2, first = (3 * (half - 1) * TSide.Length * size) + place, last = first + (3 * (half + 1) * size);
            for (int k = 0; k <= half; k++)
            {
                int i = RegisterTransform.Place<TSide>(k), j = RegisterTransform.Place<TSide>((TSide.Length - k) % TSide.Length);
                Store(spectra, first + (3 * k * size), size, 0.5f * (re[i] + re[j]), 0.5f * (im[i] - im[j]), role);
                Store(spectra, last + (3 * k * size), size, 0.5f * (im[i] + im[j]), 0.5f * (re[j] - re[i]), role);
            }
        }
    }

    private static void Store(ArrayView<float> spectra, int start, int size, float re, float im, int role)
    {
        spectra[start] = role == Left ? re + im : re;
        spectra[start + size] = role == Left ? re : im - re;
        spectra[start + (2 * size)] = role == Left ? im : re + im;
    }

    private static void LoadProducts<TSide>(
        ArrayView<float> products, ArrayView<float> re, ArrayView<float> im, int part, int place, int size)
        where TSide : struct, ITileSide
    {
        if (part > 0)
        {
            int start = (3 * (part - 1) * TSide.Length * size) + place;
            for (int k = 0; k < TSide.Length; k++)
            {
                re[k] = Real(products, start + (3 * k * size), size);
                im[k] = Imaginary(products, start + (3 * k * size), size);
            }
        }
        else
        {
            int half = TSide.Length / 2, first = (3 * (half - 1) * TSide.Length * size) + place, last = first + (3 * (half + 1) * size);
            for (int k = 0; k <= half; k++)
            {
                float ar = Real(products, first + (3 * k * size), size), ai = Imaginary(products, first + (3 * k * size), size);
                float br = Real(products, last + (3 * k * size), size), bi = Imaginary(products, last + (3 * k * size), size);
                Join<TSide>(re, im, k, ar, ai, br, bi);
            }
        }
    }

    private static float Real(ArrayView<float> products, int start, int size) => products[start] - products[start + (2 * size)];

    private static float Imaginary(ArrayView<float> products, int start, int size) => products[start] + products[start + size];

    /// <summary>Numbers k and −k of the complex sequence A + iB, where both are spectra of real sequences.</summary>
    private static void Join<TSide>(ArrayView<float> re, ArrayView<float> im, int k, float ar, float ai, float br, float bi)
        where TSide : struct, ITileSide
    {
        if (k == 0 || k == TSide.Length / 2)
        {
            re[k] = ar;
            im[k] = br;
        }
        else
        {
            re[k] = ar - bi;
            im[k] = ai + br;
            re[TSide.Length - k] = ar + bi;
            im[TSide.Length - k] = br - ai;
        }
    }

    private static void StoreColumnOfLines<TSide>(
        ArrayView<float> shared, ArrayView<float> re, ArrayView<float> im, int part, int lane, int lanes)
        where TSide : struct, ITileSide
    {
        for (int y = 0; y < TSide.Length; y++)
        {
            int start = (((y * TSide.Length) + (2 * part)) * lanes) + lane, i = RegisterTransform.Place<TSide>(y);
            shared[start] = re[i];
            shared[start + lanes] = im[i];
        }
    }

    private static void LoadLines<TSide>(ArrayView<float> shared, ArrayView<float> re, ArrayView<float> im, int part, int lane, int lanes)
        where TSide : struct, ITileSide
    {
        int half = TSide.Length / 2, upper = (2 * part * TSide.Length * lanes) + lane, lower = upper + (TSide.Length * lanes);
        Join<TSide>(re, im, 0, shared[upper], 0f, shared[lower], 0f);
        Join<TSide>(re, im, half, shared[upper + lanes], 0f, shared[lower + lanes], 0f);
        for (int k = 1; k < half; k++)
        {
            int real = 2 * k * lanes, imaginary = real + lanes;
            Join<TSide>(re, im, k, shared[upper + real], shared[upper + imaginary], shared[lower + real], shared[lower + imaginary]);
        }
    }

    private static void StorePixels<TSide>(
        ArrayView<float> target, ArrayView<float> registers, TilePlaces places, int tile, int channel, int y, float offset, int options)
        where TSide : struct, ITileSide
    {
        int line = places.Top(tile) + y, left = places.Left(tile), start = places.Image(tile, channel) + (line * places.LineStride);
        if (places.HasLine(y, line))
        {
            for (int x = 0; x < TSide.Length; x++)
            {
                int column = left + x;
                if (places.HasColumn(x, column))
                {
                    int index = start + (column * places.PixelStride);
                    float value = KernelMath.FusedMultiplyAdd(
                        registers[RegisterTransform.Place<TSide>(x)], 1f / (TSide.Length * TSide.Length), offset);
                    if ((options & Relu) != 0 && value < 0f) value = 0f;
                    if ((options & Add) != 0) value += target[index];
                    target[index] = value;
                }
            }
        }
    }
}
