namespace Fovea.Gpu.Product;

/// <summary>
/// Where a product's rows are stored; a row's columns lie side by side. A struct of numbers that a launch passes by value.
/// </summary>
public interface ITarget
{
    /// <summary>Where a row begins.</summary>
    /// <param name="row">The row.</param>
    /// <param name="group">Which of the independent products.</param>
    /// <param name="split">Which part of the sum.</param>
    int Row(int row, int group, int split);
}

/// <summary>Rows at equal distances.</summary>
/// <param name="stride">The distance of neighbouring rows.</param>
/// <param name="groupStep">How far the matrices of neighbouring groups are apart.</param>
/// <param name="splitStep">How far the results of neighbouring parts of the sum are apart.</param>
public readonly struct MatrixTarget(int stride, int groupStep = 0, int splitStep = 0) : ITarget
{
    private readonly int stride = stride, groupStep = groupStep, splitStep = splitStep;

    /// <summary>A dense matrix for every part of the sum and every group.</summary>
    /// <param name="groups">How many groups there are.</param>
    /// <param name="rows">Rows of one product.</param>
    /// <param name="columns">Columns of one product.</param>
    public static MatrixTarget Parts(int groups, int rows, int columns) => new(columns, rows * columns, groups * rows * columns);

    /// <inheritdoc/>
    public int Row(int row, int group, int split) => (split * splitStep) + (group * groupStep) + (row * stride);
}
