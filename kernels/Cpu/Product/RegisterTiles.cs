using System.Runtime.Intrinsics.Arm;

namespace Fovea.Cpu.Product;

/// <summary>The register tiles of one vector width, with A broadcast or taken column by column.</summary>
internal sealed unsafe partial class RegisterTiles
{
    private readonly delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall1, tall2, short1, short2;

    private RegisterTiles(
        int lanes,
        int tallRows,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall1,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> tall2,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> short1,
        delegate*<in TileWay, float*, float*, float*, nint, float*, bool, void> short2)
    {
        (Lanes, TallRows) = (lanes, tallRows);
        this.tall1 = tall1;
        this.tall2 = tall2;
        this.short1 = short1;
        this.short2 = short2;
    }

    /// <summary>Numbers of a vector.</summary>
    public int Lanes { get; }

    /// <summary>Rows of a small tile.</summary>
    public const int ShortRows = 6;

    /// <summary>Rows of a large tile.</summary>
    public int TallRows { get; }

    /// <summary>The tiles for an A whose numbers serve all columns.</summary>
    /// <param name="level">The width.</param>
    /// <param name="packed">Whether A lies in packed panels.</param>
    public static RegisterTiles OfRows(SimdLevel level, bool packed) =>
        packed ? Broadcast<PackedRows>(level) : Broadcast<StridedRows>(level);

    /// <summary>The tiles for an A with a number of its own for every column, one vector wide.</summary>
    /// <param name="level">The width.</param>
    public static RegisterTiles OfColumns(SimdLevel level) => level switch
    {
        SimdLevel.Vector512 =>
            new(16, 12, &Tile12x1<Lanes512, TakeEach, StridedRows>, null, &Tile6x1<Lanes512, TakeEach, StridedRows>, null),
        SimdLevel.Vector256 =>
            new(8, 6, &Tile6x1<Lanes256, TakeEach, StridedRows>, null, &Tile6x1<Lanes256, TakeEach, StridedRows>, null),
        _ => new(4, 6, &Tile6x1<Lanes128, TakeEach, StridedRows>, null, &Tile6x1<Lanes128, TakeEach, StridedRows>, null),
    };

    // Sixteen registers hold six rows of two vectors, the thirty-two of AVX-512 and of Arm twelve.
    private static RegisterTiles Broadcast<TRows>(SimdLevel level)
        where TRows : IRowPlaces => level switch
        {
            SimdLevel.Vector512 => new(
                16,
                12,
                &Tile12x1<Lanes512, TakeOne, TRows>,
                &Tile12x2<Lanes512, TakeOne, TRows>,
                &Tile6x1<Lanes512, TakeOne, TRows>,
                &Tile6x2<Lanes512, TakeOne, TRows>),
            SimdLevel.Vector256 => new(
                8,
                6,
                &Tile6x1<Lanes256, TakeOne, TRows>,
                &Tile6x2<Lanes256, TakeOne, TRows>,
                &Tile6x1<Lanes256, TakeOne, TRows>,
                &Tile6x2<Lanes256, TakeOne, TRows>),
            _ when AdvSimd.IsSupported => new(
                4,
                12,
                &Tile12x1<Lanes128, TakeOne, TRows>,
                &Tile12x2<Lanes128, TakeOne, TRows>,
                &Tile6x1<Lanes128, TakeOne, TRows>,
                &Tile6x2<Lanes128, TakeOne, TRows>),
            _ => new(
                4,
                6,
                &Tile6x1<Lanes128, TakeOne, TRows>,
                &Tile6x2<Lanes128, TakeOne, TRows>,
                &Tile6x1<Lanes128, TakeOne, TRows>,
                &Tile6x2<Lanes128, TakeOne, TRows>),
        };

    /// <summary>Computes a tile.</summary>
    /// <param name="rows">Its rows: <see cref="TallRows"/> or <see cref="ShortRows"/>.</param>
    /// <param name="vectors">Vectors of a row: 1, or with a broadcast A 2.</param>
    /// <param name="way">The way through the operands.</param>
    /// <param name="a">A's first number of the first row.</param>
    /// <param name="b">B's first vector.</param>
    /// <param name="c">The first row of the result.</param>
    /// <param name="stride">The distance between rows of the result.</param>
    /// <param name="start">What a row's sums begin with; null to add them to what is in the result.</param>
    /// <param name="clampNegative">Whether negative results become 0.</param>
    public void Run(int rows, int vectors, in TileWay way, float* a, float* b, float* c, nint stride, float* start, bool clampNegative)
    {
        if (vectors == 2) (rows == ShortRows ? short2 : tall2)(way, a, b, c, stride, start, clampNegative);
        else (rows == ShortRows ? short1 : tall1)(way, a, b, c, stride, start, clampNegative);
    }
}
