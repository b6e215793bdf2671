using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Product;

/// <summary>Chooses tiles and divides sums by the sizes of a product and of the device alone.</summary>
/// <param name="device">The device.</param>
internal sealed class TileChoice(AcceleratorInfo device)
{
    /// <summary>A part of a divided sum is at least this long.</summary>
    private const int ShortestPart = 128;

    /// <summary>
    /// The longest chain of additions: its rounding errors grow with the root of its length, to some 3·10⁻⁶ of the largest sum here.
    /// </summary>
    private const int LongestChain = 8192;

    /// <summary>Adding up more parts would take longer than they save.</summary>
    private const int MostParts = 256;

    /// <summary>The parts of a divided result have at most this many elements: 256 MiB.</summary>
    private const long MostPartElements = 1 << 26;

    /// <summary>Into how many parts a processor divides a sum of few elements.</summary>
    private const int ProcessorParts = 16;

    /// <summary>Writing and reading an element of a part, in multiply-adds.</summary>
    private const double PartCost = 80;

    /// <summary>Threads that keep a unit busy.</summary>
    private const int BusyThreads = 256;

    private const int WarpSize = 32, ManySums = 64;

    private const int Registers = 65536, MostThreads = 2048, MostGroups = 32;

    private static readonly TileInfo ProcessorPiece = TileInfo.Of<Tile32x32x16>();

    private readonly int units = Math.Max(device.Units, 1);

    /// <summary>All tiles to choose from.</summary>
    public IReadOnlyList<TileInfo> All { get; init; } = TileInfo.All;

    /// <summary>A tile to take for everything.</summary>
    public TileInfo? Only { get; init; }

    /// <summary>Into how many parts to divide every sum; 0 to choose.</summary>
    public int Parts { get; init; }

    /// <summary>Tiles that the device has room for. A GPU has no use for less than a warp.</summary>
    /// <param name="isCrowded">Whether operands leave no registers for 64 sums a thread.</param>
    public IEnumerable<TileInfo> Candidates(bool isCrowded = false) => All.Where(
        tile => tile.Threads <= device.MaxGroupSize && tile.SharedBytes <= device.SharedBytes && (!device.IsGpu || tile.Threads >= WarpSize)
            && !(device.IsGpu && isCrowded && tile.ThreadRows * tile.ThreadColumns >= ManySums));

    /// <summary>Chooses a tile.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="isCrowded">Whether operands leave no registers for 64 sums a thread.</param>
    /// <exception cref="NotSupportedException">The device has room for none.</exception>
    public TileInfo Tile(ProductShape shape, bool isCrowded = false)
    {
        if (Only is not null || device.IsDebug) return Only ?? TileInfo.Smallest;
        IEnumerable<TileInfo> tiles = Candidates(isCrowded);
        // On a processor a group is a loop over its threads, whose registers lie in memory: few of them do best, and few turns. One tile
        // for everything is fewer kernels to compile.
        if (!device.IsGpu) return tiles.Contains(ProcessorPiece) ? ProcessorPiece : TileInfo.Smallest;
        return tiles.MinBy(tile => Cost(tile, shape))
            ?? throw new NotSupportedException($"{device.Name} has no room for any tile of a matrix product.");
    }

    /// <summary>
    /// Into how many parts sums are divided so that every unit has work and no chain of additions is too long, and how long a part is.
    /// </summary>
    public (int Splits, int Depth) Split(ProductShape shape, TileInfo tile)
    {
        if (Parts > 0) return Divide(shape.Depth, Parts);
        // The order of sums may follow the model of a GPU, but not a processor's number of cores.
        long idle = device.IsGpu ? (long)units * Resident(tile) / tile.Groups(shape) : ProcessorParts / ProcessorPiece.Groups(shape);
        long partCount = Math.Max(Math.Min(idle, shape.Depth / ShortestPart), ((shape.Depth - 1) / LongestChain) + 1);
        partCount = Math.Min(Math.Min(MostParts, partCount), MostPartElements / shape.Elements);
        return partCount < 2 ? (1, shape.Depth) : Divide(shape.Depth, (int)partCount);
    }

    /// <summary>Divides a sum into parts of which each begins at the same place with every tile.</summary>
    public static (int Splits, int Depth) Divide(int depth, int partCount)
    {
        int part = ((((depth - 1) / partCount) + TileInfo.DepthGrain) / TileInfo.DepthGrain) * TileInfo.DepthGrain;
        return (((depth - 1) / part) + 1, part);
    }

    /// <summary>Groups that run at once on one unit of a GPU.</summary>
    private static int Resident(TileInfo tile)
    {
        int registers = (tile.ThreadRows * tile.ThreadColumns) + 64;
        return Math.Max(1, Math.Min(MostGroups, Math.Min(Registers / registers, MostThreads) / tile.Threads));
    }

    /// <summary>
    /// How long a product takes, in multiply-adds of a unit for each place of the sum: by the words that a thread reads from shared
    /// memory and a group from memory for each, by how many units have work and threads enough to hide waiting, and by the parts'
    /// way through memory.
    /// </summary>
    private double Cost(TileInfo tile, ProductShape shape)
    {
        long groups = tile.Groups(shape), area = (long)tile.Rows * tile.Columns;
        double fetches = (1.0 / tile.Rows) + (1.0 / tile.Columns);
        double each = 1 + (1.5 * ((1.0 / tile.ThreadRows) + (1.0 / tile.ThreadColumns))) + (12 * fetches);
        int splits = Split(shape, tile).Splits;
        long load = (((groups * splits) - 1) / units) + 1;
        double busy = Math.Min(1, (double)Math.Min(load, Resident(tile)) * tile.Threads / BusyThreads);
        double parts = splits == 1 ? 0 : PartCost * shape.Elements * splits / units / shape.Depth;
        return (load * area * each / splits / busy) + parts;
    }
}
