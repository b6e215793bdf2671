using Fovea.Graph;
using Fovea.Losses;
using Fovea.Ops;

namespace Fovea.Training;

/// <summary>
/// Numbers: targets of the output's sizes. Measures the mean absolute error (<c>mae</c>) and the root of the mean squared error
/// (<c>rmse</c>) in every step; in evaluations also R² (<c>r2</c>).
/// </summary>
public sealed record Regression : TrainingTask
{
    /// <summary>
    /// What is made small: <see cref="MeanSquaredErrorLoss"/> unless set, <see cref="MeanAbsoluteErrorLoss"/>, <see cref="HuberLoss"/>, or
    /// one's own.
    /// </summary>
    public Loss Loss { get; init; } = new MeanSquaredErrorLoss();

    /// <inheritdoc/>
    public override string Name => TaskMetadata.Regression;

    /// <inheritdoc/>
    public override TensorSpec Target(Shape output) => new(output);

    /// <inheritdoc/>
    public override Value AddLoss(TaskValues batch) => Loss.Apply(batch.Output, batch.Targets, batch.Weights);

    /// <inheritdoc/>
    public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch)
    {
        Value difference = batch.Output - batch.Targets;
        return [new("mae", difference.Apply(Expression.Abs).Sum()), new("rmse", difference.Apply(d => d * d).Sum(), Math.Sqrt)];
    }

    /// <inheritdoc/>
    public override IEnumerable<Metric> CreateMetrics(Shape output) => [new RSquared()];
}
