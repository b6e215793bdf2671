using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Convolution;

/// <summary>
/// <see cref="PatchesAlongDepth"/> of few taps: a patch knows by a bit for each row and each column of taps whether it lies in the
/// image, which is fewer instructions and registers than its coordinates.
/// </summary>
/// <param name="grid">The patches; at most <see cref="MostTaps"/> taps in either direction.</param>
public struct MaskedPatchesAlongDepth(PatchGrid grid) : IOperand
{
    /// <summary>Taps below or beside each other.</summary>
    public const int MostTaps = 15;

    private readonly PatchGrid grid = grid;
    private readonly int rowStep = grid.TapStepY * grid.Width * grid.PixelStride, columnStep = grid.TapStepX * grid.PixelStride;
    private Odometer taps = new(grid.Channels, grid.TapsX);
    private int i, j, c;

    /// <inheritdoc/>
    public static bool AlongDepth => true;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => false;

    /// <inheritdoc/>
    public void Prepare(int step) => taps.Prepare(step);

    /// <inheritdoc/>
    public void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        taps.Seek(depth + quads.Depth, out i, out j, out c);
        for (int q = 0; q < quads.Count; q++)
        {
            places[2 * q] = grid.Begin(Quads.Clamp(outer + quads.Outer + (q * quads.OuterStep), grid.Count), group, out int y, out int x);
            places[(2 * q) + 1] = Inside(y, grid.TapsY, grid.TapStepY, grid.Height)
                | (Inside(x, grid.TapsX, grid.TapStepX, grid.Width) << 16);
        }
    }

    /// <inheritdoc/>
    public void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++) Quads.Clear(values, q);
        int ii = i, jj = j, cc = c;
        for (int e = 0; e < (vector ? 1 : 4); e++)
        {
            int tap = (ii * rowStep) + (jj * columnStep) + cc;
            // No patch has all bits, so none has what lies past the end.
            int bits = ii < grid.TapsY ? (1 << ii) | (1 << (jj + 16)) : -1;
            for (int q = 0; q < quads.Count; q++)
            {
                if ((places[(2 * q) + 1] & bits) != bits) continue;
                if (vector) Quads.Load(data, places[2 * q] + tap, values, q);
                else values[(4 * q) + e] = data[places[2 * q] + tap];
            }
            if (!vector) taps.Next(ref ii, ref jj, ref cc);
        }
        taps.Advance(ref i, ref j, ref c);
    }

    /// <summary>A bit for each tap that lies in the image.</summary>
    private static int Inside(int first, int taps, int step, int size)
    {
        int bits = 0;
        for (int tap = 0; tap < taps; tap++) bits |= (uint)(first + (tap * step)) < (uint)size ? 1 << tap : 0;
        return bits;
    }
}
