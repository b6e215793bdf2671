using System.Globalization;

namespace Fovea.Gpu.Product;

/// <summary>A tile that products can be computed with.</summary>
/// <param name="Name">Its name in reports and files.</param>
/// <param name="Type">Its type, for kernels.</param>
/// <param name="Rows">Rows that a group computes.</param>
/// <param name="Columns">Columns that a group computes.</param>
/// <param name="Depth">How much of the sums is in shared memory at a time.</param>
/// <param name="ThreadRows">Rows of a thread.</param>
/// <param name="ThreadColumns">Columns of a thread.</param>
/// <param name="SharedBytes">Shared memory of a group.</param>
internal sealed record TileInfo(
    string Name, Type Type, int Rows, int Columns, int Depth, int ThreadRows, int ThreadColumns, int SharedBytes)
{
    /// <summary>Every tile's depth divides this, so sums that are split at its multiples are the same with every tile.</summary>
    public const int DepthGrain = 32;

    /// <summary>The one with the fewest threads: where a thread is a costly thing.</summary>
    public static TileInfo Smallest { get; } = Of<Tile16x16x8>();

    /// <summary>All tiles; of two that are as good the first is taken.</summary>
    public static IReadOnlyList<TileInfo> All { get; } =
    [
        Of<Tile128x128x8>(), Of<Tile128x64x8>(), Of<Tile64x128x8>(), Of<Tile64x64x8>(), Of<Tile64x64x16>(),
        Of<Tile128x32x16>(), Of<Tile16x64x16>(), Of<Tile64x16x16>(), Of<Tile32x32x16>(), Smallest,
    ];

    /// <summary>Threads of a group.</summary>
    public int Threads => Rows / ThreadRows * (Columns / ThreadColumns);

    /// <summary>Describes a tile.</summary>
    public static TileInfo Of<T>()
        where T : struct, ITile => new(
            string.Create(CultureInfo.InvariantCulture, $"{T.Rows}x{T.Columns}x{T.Depth}"), typeof(T), T.Rows, T.Columns, T.Depth,
                T.ThreadRows, T.ThreadColumns,
            TiledProduct.SharedBytes<T>());

    /// <summary>Groups that it takes for products.</summary>
    public long Groups(in ProductShape shape) => (((shape.Rows - 1L) / Rows) + 1) * (((shape.Columns - 1L) / Columns) + 1) * shape.Groups;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The sizes of some independent products of equal sizes.</summary>
/// <param name="Rows">Rows of a result.</param>
/// <param name="Columns">Columns of a result.</param>
/// <param name="Depth">The length of the sums.</param>
/// <param name="Groups">How many products there are.</param>
internal readonly record struct ProductShape(int Rows, int Columns, int Depth, int Groups = 1)
{
    /// <summary>Elements of all results.</summary>
    public long Elements => (long)Rows * Columns * Groups;
}
