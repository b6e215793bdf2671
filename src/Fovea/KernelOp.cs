using Fovea.Cpu;
using Fovea.Gpu;
using Fovea.Graph;

namespace Fovea;

/// <summary>
/// An operation of a host application's own, computed by kernels that it brings along. Derive a sealed record from it: its parameters
/// are the attributes, <see cref="Op.Infer"/> gives the results' shapes, and <see cref="Op.Gradient"/> adds nodes for the gradients,
/// usually another operation of this kind. Add it to a graph with <see cref="ComputationGraph.Add"/>.
/// </summary>
/// <remarks>
/// It computes its outputs from its inputs and nothing else: a variable that is an input stays as it is. Every output is written
/// whole; what is in it before is undefined.
/// </remarks>
public abstract record KernelOp : Op, ICpuOperation, IGpuOperation
{
    /// <summary>
    /// Describes the launches that compute it on GPUs, or null if it has no kernels. Called once for each node when a graph is compiled
    /// for a device; the launches then run as often as the graph, and are recorded like all others.
    /// </summary>
    protected internal virtual Action<KernelLaunches>? OnGpu => null;

    /// <summary>
    /// Computes it on the CPU, or null if it cannot. Called on one thread in every run. It should allocate nothing. Exceptions reach
    /// whoever runs the graph, inside a <see cref="Core.DeviceFailureException"/> that names the layer and the operation.
    /// </summary>
    protected internal virtual Action<CpuTensors>? OnCpu => null;

    Action<CpuTensors>? ICpuOperation.OnCpu => OnCpu;

    Action<KernelLaunches>? IGpuOperation.OnGpu => OnGpu;

    /// <inheritdoc/>
    public sealed override bool HasEffect => false;

    /// <inheritdoc/>
    public sealed override bool IsView => false;

    /// <inheritdoc/>
    public sealed override bool Replaces(int input) => false;
}
