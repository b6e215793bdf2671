using Fovea.Core.Memory;

namespace Fovea.Execution;

/// <summary>A part of a device's memory.</summary>
/// <param name="Buffer">The block; null for a variable in the host's own memory.</param>
/// <param name="Offset">Where the part begins, in bytes; without a block, its address.</param>
/// <param name="Bytes">How long it is.</param>
public readonly record struct BufferView(DeviceBuffer? Buffer, long Offset, long Bytes);

/// <summary>The memory that one step works on, fixed when the plan is made.</summary>
/// <param name="inputs">What it reads.</param>
/// <param name="outputs">What it writes.</param>
/// <param name="workspace">Its scratch memory.</param>
public sealed class StepBuffers(BufferView[] inputs, BufferView[] outputs, BufferView workspace)
{
    /// <summary>What the step reads.</summary>
    public ReadOnlySpan<BufferView> Inputs => inputs;

    /// <summary>What the step writes.</summary>
    public ReadOnlySpan<BufferView> Outputs => outputs;

    /// <summary>Its scratch memory.</summary>
    public BufferView Workspace { get; } = workspace;
}
