namespace Fovea.Training;

/// <summary>How far measuring on a set of examples is.</summary>
/// <param name="Done">Examples that have been measured.</param>
/// <param name="Total">Examples of the set.</param>
public readonly record struct EvaluationProgress(int Done, int Total);
