using Fovea.Core.Memory;

namespace Fovea.Cpu.Product;

/// <summary>What a microkernel does with its tile of C besides adding products.</summary>
[Flags]
internal enum TileMode
{
    /// <summary>C = bias + A·B.</summary>
    Overwrite = 0,

    /// <summary>C += A·B; the bias is not read.</summary>
    Accumulate = 1,

    /// <summary>Negative results become 0 (NaN stays NaN).</summary>
    Relu = 2,
}

/// <summary>
/// The innermost product: a tile of <see cref="Rows"/>×<see cref="Columns"/> of C, held in registers, from one packed panel of
/// A (step k holds <see cref="Rows"/> consecutive values) and one of B (step k holds <see cref="Columns"/>).
/// </summary>
internal sealed unsafe class MicroKernel
{
    private readonly RegisterTiles tiles;
    private readonly int vectors;

    private MicroKernel(SimdLevel level, int vectors, int depth)
    {
        tiles = RegisterTiles.OfRows(level, packed: true);
        this.vectors = vectors;
        Depth = depth;
    }

    /// <summary>Rows of the register tile.</summary>
    public int Rows => tiles.TallRows;

    /// <summary>Columns of the register tile.</summary>
    public int Columns => vectors * tiles.Lanes;

    /// <summary>How many steps of k one packed panel holds at most: both panels then fit the first-level cache.</summary>
    public int Depth { get; }

    /// <summary>Picks the kernel that wastes least on a matrix with <paramref name="columns"/> columns.</summary>
    public static MicroKernel For(SimdLevel level, int columns) => level == SimdLevel.Vector512
        && Align.Up(columns, 16) * 10 < Align.Up(columns, 32) * 8 ? new(level, 1, 384) : new(level, 2, 256);

    /// <summary>Computes a tile.</summary>
    /// <param name="rows"><see cref="Rows"/>, or <see cref="RegisterTiles.ShortRows"/> of them.</param>
    /// <param name="depth">Steps of k.</param>
    /// <param name="a">A's panel.</param>
    /// <param name="b">B's panel.</param>
    /// <param name="c">The tile's first row in C.</param>
    /// <param name="stride">The distance between rows of C.</param>
    /// <param name="bias">A number for each column.</param>
    /// <param name="mode">What else is done.</param>
    public void Multiply(int rows, int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode)
    {
        var panel = new TilePiece { Row = 1, Next = Rows, Count = depth, Runs = 1 };
        Multiply(tiles, rows, new TileWay(&panel, 1, Columns), a, b, c, stride, bias, mode);
    }

    /// <summary>Computes a tile whose rows of A need not lie in a panel.</summary>
    /// <inheritdoc cref="Multiply(int, int, float*, float*, float*, nint, float*, TileMode)"/>
    public void Multiply(
        RegisterTiles tiles, int rows, in TileWay way, float* a, float* b, float* c, nint stride, float* bias, TileMode mode) =>
        tiles.Run(rows, vectors, way, a, b, c, stride, (mode & TileMode.Accumulate) != 0 ? null : bias, (mode & TileMode.Relu) != 0);
}
