using Fovea.Graph;

namespace Fovea.Training;

/// <summary>
/// A batch's values in a graph, which losses and metrics are made of. What nobody asks for is not fed to the graph either.
/// </summary>
public sealed class TaskValues
{
    internal const string LabelsInput = "labels", TargetsInput = "targets", WeightsInput = "weights";

    private readonly TensorSpec target;
    private readonly Value? weights;
    private Value? labels, targets;

    internal TaskValues(Value output, TensorSpec target, bool isWeighted)
    {
        (Output, this.target) = (output, target);
        if (isWeighted) weights = Graph.Input(WeightsInput, new Shape(output.Shape[0]));
    }

    /// <summary>The graph.</summary>
    public ComputationGraph Graph => Output.Graph;

    /// <summary>The network's output; the first dimension counts the examples.</summary>
    public Value Output { get; }

    /// <summary>The labels, Int32; −1 where there is none.</summary>
    /// <exception cref="InvalidOperationException">The task's targets are numbers.</exception>
    public Value Labels => target.DType == DType.Int32
        ? labels ??= Graph.Input(LabelsInput, target.Shape, DType.Int32)
        : throw new InvalidOperationException($"The targets are numbers of {target.Shape}, not labels.");

    /// <summary>
    /// The targets as numbers. Of labels they are one-hot rows with the sizes of the output: 1 at the label, 0 elsewhere, and zeros alone
    /// where there is no label.
    /// </summary>
    public Value Targets => targets ??= Graph.Input(TargetsInput, target.DType == DType.Int32 ? Output.Shape : target.Shape);

    /// <summary>How much each example counts in the loss, one number each; null if all count the same.</summary>
    public Value? Weights => weights;
}
