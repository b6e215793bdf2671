using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Cpu.Product;

namespace Fovea.Cpu.Convolution.Winograd;

/// <summary>
/// Transformed filters as the packed right sides of one product for each frequency: channels that are summed over times channels of
/// the result, in panels as <see cref="MicroKernel"/> reads them.
/// </summary>
internal sealed unsafe class FilterTiles
{
    private const int Taps = 9, Turned = 4;

    private readonly TileTransforms transforms;
    private readonly int filters, channels, taskFilters;
    private readonly bool backwards;
    private readonly WorkerPool pool;
    private readonly Action<int, int> prepareTask;
    private float* weights, prepared;

    /// <param name="transforms">The tiles.</param>
    /// <param name="kernel">What the panels are for.</param>
    /// <param name="filters">Filters.</param>
    /// <param name="channels">Channels of a filter.</param>
    /// <param name="backwards">Whether filters act backwards: turned by half a circle, and summed over instead of their channels.</param>
    /// <param name="pool">The threads to use.</param>
    public FilterTiles(TileTransforms transforms, MicroKernel kernel, int filters, int channels, bool backwards, WorkerPool pool)
    {
        (this.transforms, this.filters, this.channels, this.backwards, this.pool) = (transforms, filters, channels, backwards, pool);
        Width = kernel.Columns;
        // A cache line of a panel, or a row of a narrow one.
        taskFilters = Math.Min(Width, 16);
        Depth = backwards ? filters : channels;
        int columns = backwards ? channels : filters;
        Columns = Align.Up(columns, Width);
        int blocks = (Depth + kernel.Depth - 1) / kernel.Depth;
        PanelDepth = Align.Up((Depth + blocks - 1) / blocks, 16);
        prepareTask = backwards ? PrepareBackward : PrepareForward;
    }

    /// <summary>Columns of a panel.</summary>
    public int Width { get; }

    /// <summary>Columns of all panels.</summary>
    public int Columns { get; }

    /// <summary>Steps of the sum.</summary>
    public int Depth { get; }

    /// <summary>Steps of the sum in one panel, at most; a multiple of every vector.</summary>
    public int PanelDepth { get; }

    /// <summary>
    /// The distance between frequencies. A line more than needed: at powers of two all would compete for the same places in the cache.
    /// </summary>
    public nint FrequencyFloats => ((nint)Depth * Columns) + 16;

    /// <summary>The size of all, in bytes.</summary>
    public long Bytes => sizeof(float) * (long)transforms.Frequencies * FrequencyFloats;

    /// <summary>Where a panel begins within its frequency.</summary>
    /// <param name="k">A step of the sum at which panels begin.</param>
    /// <param name="column">The panel's first column.</param>
    public nint Panel(int k, int column) => ((nint)k * Columns) + ((nint)column * StepsFrom(k));

    /// <summary>How many steps the panels at a step have.</summary>
    public int StepsFrom(int k) => Math.Min(PanelDepth, Depth - k);

    /// <summary>Transforms and packs.</summary>
    /// <param name="filterWeights">K×3×3×C.</param>
    /// <param name="target">At least <see cref="Bytes"/> bytes on a 64-byte boundary.</param>
    public void Prepare(float* filterWeights, float* target)
    {
        weights = filterWeights;
        prepared = target;
        pool.For(backwards ? filters : Columns / taskFilters, prepareTask);
    }

    private nint Place(int k, int column)
    {
        int first = k / PanelDepth * PanelDepth;
        return Panel(first, column / Width * Width) + ((nint)(k - first) * Width) + (column % Width);
    }

    /// <summary>
    /// Neighbouring columns, which are filters: a vector holds steps of the sum, and is turned. A task fills whole lines of memory.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PrepareForward(int task, int worker)
    {
        int lanes = transforms.Lanes, frequencies = transforms.Frequencies;
        float* scratch = stackalloc float[36 * 16], copies = stackalloc float[Taps * 16], turned = stackalloc float[36 * 16 * Turned];
        float** taps = stackalloc float*[Taps], table = stackalloc float*[Taps];
        var tail = new TailTile(table, copies, Taps, lanes);
        for (int c = 0; c < channels; c += lanes)
        {
            int valid = Math.Min(lanes, channels - c);
            for (int first = task * taskFilters; first < (task + 1) * taskFilters; first += Turned)
            {
                for (int i = 0; i < Turned; i++)
                {
                    int filter = first + i;
                    bool whole = valid == lanes && filter < filters;
                    for (int tap = 0; tap < Taps; tap++) taps[tap] = weights + ((((nint)filter * Taps) + tap) * channels);
                    if (!whole) tail.Gather(taps, c, filter < filters ? valid : 0);
                    transforms.Filter(whole ? taps : tail.Pixels, whole ? c : 0, turned + (i * lanes), Turned * lanes, scratch);
                }
                float* target = prepared + Place(c, first), row = turned;
                for (int f = 0; f < frequencies; f++, target += FrequencyFloats, row += Turned * lanes)
                    PanelPacking.Transpose4(row, row + lanes, row + (2 * lanes), row + (3 * lanes), valid, target, Width);
            }
        }
    }

    /// <summary>One step of the sum, which is a filter: a vector holds columns, as a panel does.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PrepareBackward(int filter, int worker)
    {
        int lanes = transforms.Lanes;
        float* scratch = stackalloc float[36 * 16], copies = stackalloc float[Taps * 16];
        float** taps = stackalloc float*[Taps], table = stackalloc float*[Taps];
        var tail = new TailTile(table, copies, Taps, lanes);
        for (int tap = 0; tap < Taps; tap++) taps[Taps - 1 - tap] = weights + (((nint)filter * Taps) + tap) * channels;
        for (int c = 0; c < Columns; c += lanes)
        {
            bool whole = c + lanes <= channels;
            if (!whole) tail.Gather(taps, c, Math.Max(0, channels - c));
            transforms.Filter(whole ? taps : tail.Pixels, whole ? c : 0, prepared + Place(filter, c), FrequencyFloats, scratch);
        }
    }
}
