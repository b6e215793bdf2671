namespace Fovea.Execution;

/// <summary>How long a step of an executable takes.</summary>
/// <param name="Path">The layer.</param>
/// <param name="Op">The operation.</param>
/// <param name="Milliseconds">The median time.</param>
/// <param name="MultiplyAdds">Its multiply-adds; 0 for steps that are no products.</param>
public sealed record StepTiming(string Path, string Op, double Milliseconds, long MultiplyAdds);
