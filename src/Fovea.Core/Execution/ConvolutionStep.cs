using Fovea.Compilation;

namespace Fovea.Execution;

/// <summary>A convolution by the algorithm that the backend has chosen.</summary>
/// <param name="step">The algorithm's step.</param>
/// <param name="choice">What was chosen.</param>
internal sealed class ConvolutionStep(IStep step, ConvolutionChoice choice) : IKeepingStep, IDisposable
{
    private readonly IKeepingStep? keeping = step as IKeepingStep;

    /// <summary>How the convolution is computed.</summary>
    public ConvolutionChoice Choice => choice;

    public long WorkspaceBytes => step.WorkspaceBytes;

    public int KeptInput => keeping?.KeptInput ?? 0;

    public long KeptBytes => keeping?.KeptBytes ?? 0;

    public void Prepare(StepBuffers buffers) => step.Prepare(buffers);

    public void Keep(StepBuffers buffers, BufferView kept) => keeping!.Keep(buffers, kept);

    public void Run(StepBuffers buffers) => step.Run(buffers);

    public void Dispose() => (step as IDisposable)?.Dispose();
}
