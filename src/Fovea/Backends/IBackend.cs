using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Graph;

namespace Fovea.Backends;

/// <summary>Turns operations into steps for one device. All choices are made while lowering; running only runs.</summary>
public interface IBackend : IDisposable
{
    /// <summary>What its memory is used for.</summary>
    MemoryStatistics Memory { get; }

    /// <summary>Prepares an operation for the given shapes.</summary>
    /// <exception cref="NotSupportedException">The backend does not have the operation.</exception>
    IStep Lower(Op op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs);

    /// <summary>Allocates device memory, zeroed.</summary>
    DeviceBuffer Allocate(long bytes);

    /// <summary>Gives variables memory on the device, until the result is disposed.</summary>
    /// <param name="variables">The variables of one executable.</param>
    /// <param name="replaced">Those whose values its runs replace.</param>
    IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced);

    /// <summary>
    /// How many bytes of gradients may wait for one update of many tensors; 0 if every update is best done at once. What waits cannot
    /// share its memory, so the limit is what grouping costs at most.
    /// </summary>
    long UpdateGroupBytes { get; }

    /// <summary>Is told how far the compilation of kernels is while a first run waits for it.</summary>
    IProgress<KernelProgress>? Progress
    {
        get => null;
        set { }
    }

    /// <summary>Waits until what was lowered can run.</summary>
    void Ready()
    {
    }

    /// <summary>Whether <see cref="Record"/> may succeed.</summary>
    bool CanRecord => false;

    /// <summary>Takes down the steps that a function runs, to be done again as one. Nothing runs meanwhile.</summary>
    /// <param name="runSteps">Runs steps, and nothing else; they have run before.</param>
    /// <param name="problem">Why they could not be taken down; null if they were.</param>
    /// <returns>Null if the device cannot take them down.</returns>
    Recording? Record(Action runSteps, out string? problem) => throw new NotSupportedException("This device does not record.");

    /// <summary>Copies from the host to the device.</summary>
    void Write(BufferView target, ReadOnlySpan<byte> source);

    /// <summary>Copies from the device to the host, after all steps so far.</summary>
    void Read(BufferView source, Span<byte> target);

    /// <summary>Waits until all steps so far are done.</summary>
    void Synchronize();
}

/// <summary>
/// The variables of one executable on one device. The host's tensor is what the user sees; where a device has memory of its own, a
/// run brings stale copies up to date before it begins, and its results reach the host when somebody asks for them, or at the
/// latest when the last binding goes.
/// </summary>
public interface IVariableBinding : IDisposable
{
    /// <summary>Where a variable lies.</summary>
    BufferView View(Variable variable);

    /// <summary>Begins a run: brings copies up to date. Until <see cref="End"/> no other thread queues work.</summary>
    void Begin();

    /// <summary>Ends a run: what it replaced is now newer here than anywhere else.</summary>
    void End();
}

/// <summary>One operation, ready to run. One that holds memory of its own is disposable, and disposed with its executable.</summary>
public interface IStep
{
    /// <summary>The scratch memory it needs while it runs, in bytes.</summary>
    long WorkspaceBytes { get; }

    /// <summary>Is told once, before the first run, which buffers the plan gave it.</summary>
    void Prepare(StepBuffers buffers)
    {
    }

    /// <summary>Runs on the buffers that the plan gave it. Allocates nothing, and does the same every time: where the device can, it is recorded.</summary>
    void Run(StepBuffers buffers);
}

/// <summary>
/// A step that can keep another form of one of its inputs from run to run, such as filters in the frequency domain. It is told to
/// if that input is a variable that no step of the executable replaces, and again whenever the variable has changed.
/// </summary>
public interface IKeepingStep : IStep
{
    /// <summary>Which input.</summary>
    int KeptInput { get; }

    /// <summary>The memory for the other form in bytes; 0 if there is none to keep.</summary>
    long KeptBytes { get; }

    /// <summary>Computes the other form. From now on <see cref="IStep.Run"/> uses it in place of the input.</summary>
    /// <param name="buffers">The step's buffers.</param>
    /// <param name="kept">Where to keep it: always the same memory.</param>
    void Keep(StepBuffers buffers, BufferView kept);
}

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
