namespace Fovea.Training;

/// <summary>
/// R² (<c>r2</c>): the share of the targets' variance that the outputs explain, 1 − Σ(t − y)² / Σ(t − mean)², for each number of an
/// output, and the mean of these. Where targets do not vary it is 1 if outputs are equal to them, else 0.
/// </summary>
/// <remarks>As scikit-learn's r2_score with uniform average.</remarks>
public sealed class RSquared : Metric
{
    private double[] origins = [], residuals = [], sums = [], squares = [];
    private long count;

    /// <inheritdoc/>
    public override void Add(in EvaluatedBatch batch)
    {
        int width = (int)batch.OutputShape.Count;
        if (count == 0 && batch.Count > 0)
        {
            // Sums are taken from the first target on: of numbers far from 0 squares would leave no digits for the variance.
            origins = [.. batch.Targets[..width].ToArray().Select(value => (double)value)];
            (residuals, sums, squares) = (new double[width], new double[width], new double[width]);
        }
        for (int i = 0; i < batch.Targets.Length; i++)
        {
            int column = i % width;
            double target = batch.Targets[i] - origins[column], residual = (double)batch.Targets[i] - batch.Outputs[i];
            residuals[column] += residual * residual;
            sums[column] += target;
            squares[column] += target * target;
        }
        count += batch.Count;
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, double Value)> Results() =>
        [("r2", residuals.Length == 0 ? double.NaN : residuals.Select((_, i) => Column(i)).Average())];

    private double Column(int i)
    {
        double total = squares[i] - (sums[i] * sums[i] / count);
        if (total > 0) return 1 - (residuals[i] / total);
        return residuals[i] == 0 ? 1 : 0;
    }
}
