namespace Fovea.Gpu.Product;

/// <summary>How a group divides its part of a product: sizes that are known while compiling.</summary>
/// <remarks>
/// Rows, columns and depth are powers of two; a thread's rows and columns are multiples of 4; and each thread fetches the same
/// number of quads of either operand.
/// </remarks>
public interface ITile
{
    /// <summary>Rows of the result that a group computes.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the result that a group computes.</summary>
    static abstract int Columns { get; }

    /// <summary>How much of the sums is in shared memory at a time.</summary>
    static abstract int Depth { get; }

    /// <summary>Rows that one thread holds in registers.</summary>
    static abstract int ThreadRows { get; }

    /// <summary>Columns that one thread holds in registers.</summary>
    static abstract int ThreadColumns { get; }
}

/// <summary>128×128×8, 256 threads of 8×8.</summary>
public readonly struct Tile128x128x8 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 128;

    /// <inheritdoc/>
    public static int Columns => 128;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int ThreadRows => 8;

    /// <inheritdoc/>
    public static int ThreadColumns => 8;
}

/// <summary>128×64×8, 128 threads of 8×8.</summary>
public readonly struct Tile128x64x8 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 128;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int ThreadRows => 8;

    /// <inheritdoc/>
    public static int ThreadColumns => 8;
}

/// <summary>64×128×8, 128 threads of 8×8.</summary>
public readonly struct Tile64x128x8 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 128;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int ThreadRows => 8;

    /// <inheritdoc/>
    public static int ThreadColumns => 8;
}

/// <summary>64×64×8, 128 threads of 8×4.</summary>
public readonly struct Tile64x64x8 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int ThreadRows => 8;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>64×64×16, 256 threads of 4×4.</summary>
public readonly struct Tile64x64x16 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int ThreadRows => 4;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>128×32×16, 128 threads of 8×4.</summary>
public readonly struct Tile128x32x16 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 128;

    /// <inheritdoc/>
    public static int Columns => 32;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int ThreadRows => 8;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>32×32×16, 64 threads of 4×4.</summary>
public readonly struct Tile32x32x16 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 32;

    /// <inheritdoc/>
    public static int Columns => 32;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int ThreadRows => 4;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>64×16×16, 64 threads of 4×4.</summary>
public readonly struct Tile64x16x16 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 64;

    /// <inheritdoc/>
    public static int Columns => 16;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int ThreadRows => 4;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>16×64×16, 64 threads of 4×4.</summary>
public readonly struct Tile16x64x16 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 16;

    /// <inheritdoc/>
    public static int Columns => 64;

    /// <inheritdoc/>
    public static int Depth => 16;

    /// <inheritdoc/>
    public static int ThreadRows => 4;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}

/// <summary>16×16×8, 16 threads of 4×4.</summary>
public readonly struct Tile16x16x8 : ITile
{
    /// <inheritdoc/>
    public static int Rows => 16;

    /// <inheritdoc/>
    public static int Columns => 16;

    /// <inheritdoc/>
    public static int Depth => 8;

    /// <inheritdoc/>
    public static int ThreadRows => 4;

    /// <inheritdoc/>
    public static int ThreadColumns => 4;
}
