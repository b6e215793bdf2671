using Fovea.Execution;

namespace Fovea.Gpu.Convolution;

/// <summary>
/// A convolution's output on a device by a method that brings the filters into another form first, which is kept from run to run where
/// they do not change.
/// </summary>
internal abstract class KeptFiltersStep : IKeepingStep
{
    private BufferView kept;

    /// <summary>The scratch memory of a run, in bytes: the filters in their other form come first.</summary>
    public abstract long WorkspaceBytes { get; }

    public int KeptInput => 1;

    public abstract long KeptBytes { get; }

    public void Keep(StepBuffers buffers, BufferView kept)
    {
        this.kept = kept;
        Transform(buffers.Inputs[KeptInput], kept);
    }

    public void Run(StepBuffers buffers)
    {
        BufferView filters = kept;
        if (filters.Buffer is null)
        {
            filters = buffers.Workspace.Part(0, KeptBytes);
            Transform(buffers.Inputs[KeptInput], filters);
        }
        Run(buffers, filters);
    }

    /// <summary>Queues the filters' transformation.</summary>
    protected abstract void Transform(BufferView weights, BufferView filters);

    /// <summary>Queues the rest.</summary>
    protected abstract void Run(StepBuffers buffers, BufferView filters);
}
