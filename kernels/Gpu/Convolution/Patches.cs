using Fovea.Gpu.Product;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Convolution;

/// <summary>Patches as rows of a matrix whose columns, taps and channels, are summed over.</summary>
/// <param name="grid">The patches.</param>
public struct PatchesAlongDepth(PatchGrid grid) : IOperand
{
    private readonly PatchGrid grid = grid;
    private Odometer taps = new(grid.Channels, grid.TapsX);
    private int i, j, c;

    /// <inheritdoc/>
    public static bool AlongDepth => true;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => !vector;

    /// <inheritdoc/>
    public void Prepare(int step) => taps.Prepare(step);

    /// <inheritdoc/>
    public void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        taps.Seek(depth + quads.Depth, out i, out j, out c);
        for (int q = 0; q < quads.Count; q++)
        {
            places[3 * q] = grid.Begin(Quads.Clamp(outer + quads.Outer + (q * quads.OuterStep), grid.Count), group, out int y, out int x);
            places[(3 * q) + 1] = y;
            places[(3 * q) + 2] = x;
        }
    }

    /// <inheritdoc/>
    public void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++) Quads.Clear(values, q);
        if (vector)
        {
            int y = i * grid.TapStepY, x = j * grid.TapStepX, tap = (((y * grid.Width) + x) * grid.PixelStride) + c;
            bool inside = i < grid.TapsY;
            for (int q = 0; q < quads.Count; q++)
            {
                if (inside & (uint)(places[(3 * q) + 1] + y) < (uint)grid.Height & (uint)(places[(3 * q) + 2] + x) < (uint)grid.Width)
                    Quads.Load(data, places[3 * q] + tap, values, q);
            }
        }
        else
        {
            int ii = i, jj = j, cc = c;
            for (int e = 0; e < 4; e++)
            {
                int y = ii * grid.TapStepY, x = jj * grid.TapStepX, tap = (((y * grid.Width) + x) * grid.PixelStride) + cc;
                bool inside = ii < grid.TapsY;
                for (int q = 0; q < quads.Count; q++)
                {
                    if (inside & (uint)(places[(3 * q) + 1] + y) < (uint)grid.Height & (uint)(places[(3 * q) + 2] + x) < (uint)grid.Width)
                        values[(4 * q) + e] = data[places[3 * q] + tap];
                }
                taps.Next(ref ii, ref jj, ref cc);
            }
        }
        taps.Advance(ref i, ref j, ref c);
    }
}

/// <summary>
/// Patches as rows of a matrix that are summed over, to give one result for each tap and channel: the gradient of filters.
/// </summary>
/// <param name="grid">The patches.</param>
public struct PatchesAlongOuter(PatchGrid grid) : IOperand
{
    // Where in memory the next quad's patch begins, and its row and column; then for each element of a quad its tap's distance and
    // coordinates.
    private const int Tap = 3;

    private readonly PatchGrid grid = grid;
    private Odometer patches = new(grid.GridWidth, grid.GridHeight);
    private int elements, advance, carryColumn, carryRow;

    /// <inheritdoc/>
    public static bool AlongDepth => false;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => !vector;

    /// <inheritdoc/>
    public void Prepare(int step)
    {
        patches.Prepare(step);
        elements = grid.Count / (grid.GridWidth * grid.GridHeight) * grid.ImageStride;
        (advance, carryColumn, carryRow) =
            patches.Distances(grid.ImageStride, grid.StepY * grid.Width * grid.PixelStride, grid.StepX * grid.PixelStride);
    }

    /// <inheritdoc/>
    public readonly void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        var taps = new Odometer(grid.Channels, grid.TapsX);
        for (int e = 0; e < (vector ? 1 : 4); e++)
        {
            int place = vector ? Quads.ClampQuad(outer + quads.Outer, grid.Size) : Quads.Clamp(outer + quads.Outer + e, grid.Size);
            taps.Seek(place, out int i, out int j, out int c);
            int y = (i * grid.TapStepY) + grid.OffsetY, x = (j * grid.TapStepX) + grid.OffsetX;
            places[Tap + (3 * e)] = (((y * grid.Width) + x) * grid.PixelStride) + c + (group * grid.Channels);
            places[Tap + (3 * e) + 1] = y;
            places[Tap + (3 * e) + 2] = x;
        }
        patches.Seek(depth + quads.Depth, out int image, out places[1], out places[2]);
        places[0] = (image * grid.ImageStride) + (((places[1] * grid.StepY * grid.Width) + (places[2] * grid.StepX)) * grid.PixelStride);
        if (vector) places[0] += places[Tap];
    }

    /// <inheritdoc/>
    public readonly void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++)
        {
            Quads.Clear(values, q);
            int y = places[1] * grid.StepY, x = places[2] * grid.StepX;
            for (int e = 0; e < (vector ? 1 : 4); e++)
            {
                // What lies past the end of the sum lies past the last image.
                int place = vector ? places[0] : places[0] + places[Tap + (3 * e)];
                if (!((uint)place < (uint)elements & (uint)(places[Tap + (3 * e) + 1] + y) < (uint)grid.Height & (uint)(
                    places[Tap + (3 * e) + 2] + x) < (uint)grid.Width)) continue;
                if (vector) Quads.Load(data, place, values, q);
                else values[(4 * q) + e] = data[place];
            }
            patches.Move(ref places[0], ref places[1], ref places[2], advance, carryRow, carryColumn);
        }
    }
}
