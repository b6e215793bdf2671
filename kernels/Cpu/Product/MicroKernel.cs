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
    private readonly delegate*<int, float*, float*, float*, nint, float*, TileMode, void> multiply;

    private MicroKernel(
        int rows, int columns, int depth, delegate*<int, float*, float*, float*, nint, float*, TileMode, void> multiply)
    {
        Rows = rows;
        Columns = columns;
        Depth = depth;
        this.multiply = multiply;
    }

    /// <summary>Rows of the register tile.</summary>
    public int Rows { get; }

    /// <summary>Columns of the register tile.</summary>
    public int Columns { get; }

    /// <summary>How many steps of k one packed panel holds at most: both panels then fit the first-level cache.</summary>
    public int Depth { get; }

    /// <summary>Picks the kernel that wastes least on a matrix with <paramref name="columns"/> columns.</summary>
    public static MicroKernel For(SimdLevel level, int columns) => level switch
    {
        SimdLevel.Vector512 => RoundUp(columns, 16) * 10 < RoundUp(columns, 32) * 8 ? Wide512Narrow : Wide512,
        SimdLevel.Vector256 => Wide256,
        _ => Wide128,
    };

    public void Multiply(int depth, float* a, float* b, float* c, nint stride, float* bias, TileMode mode) =>
        multiply(depth, a, b, c, stride, bias, mode);

    private static readonly MicroKernel Wide512 = new(12, 32, 256, &MicroKernels512.Multiply12x32);
    private static readonly MicroKernel Wide512Narrow = new(12, 16, 384, &MicroKernels512.Multiply12x16);
    private static readonly MicroKernel Wide256 = new(6, 16, 256, &MicroKernels256.Multiply6x16);
    private static readonly MicroKernel Wide128 = new(8, 8, 256, &MicroKernels128.Multiply8x8);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
