using Fovea.Compilation;
using Fovea.Core.Memory;
using Fovea.Graph;

namespace Fovea.Execution;

/// <summary>Turns operations into steps for one device. All choices are made while lowering; running only runs.</summary>
public interface IBackend : IDisposable
{
    /// <summary>What its memory is used for.</summary>
    MemoryStatistics Memory { get; }

    /// <summary>Prepares a node. Algorithm, tile, kernel and workspace are chosen here; a step that had a choice reports it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="options">How it is to be computed.</param>
    /// <param name="progress">Is told of what takes long, such as measuring; null for nobody.</param>
    /// <param name="cancellationToken">Ends what takes long between two runs or kernels.</param>
    /// <exception cref="NotSupportedException">The backend does not have the operation.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    IStep Lower(
        Node node, CompileOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default);

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

    /// <summary>Waits until what was lowered can run.</summary>
    /// <param name="progress">Is told how far the compilation of kernels is; null for nobody.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    void Ready(IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
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
