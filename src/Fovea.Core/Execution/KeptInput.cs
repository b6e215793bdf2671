using Fovea.Core.Memory;

namespace Fovea.Execution;

/// <summary>Another form of a variable that a step keeps, and the variable's version that it was made of.</summary>
internal sealed class KeptInput(IKeepingStep step, StepBuffers buffers, Variable variable, DeviceBuffer memory) : IDisposable
{
    private long version = -1;

    public long Bytes => memory.Length;

    /// <summary>Makes it anew if the variable has changed.</summary>
    public void Refresh()
    {
        long current = variable.Version;
        if (current == version) return;
        step.Keep(buffers, new BufferView(memory, 0, step.KeptBytes));
        version = current;
    }

    public void Dispose() => memory.Dispose();
}
