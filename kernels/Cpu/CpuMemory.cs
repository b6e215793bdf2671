using Fovea.Core.Memory;
using Fovea.Execution;

namespace Fovea.Cpu;

/// <summary>Memory of the host, seen as floats and integers.</summary>
internal static unsafe class CpuMemory
{
    public static float* Pointer(this BufferView view) => (float*)((view.Buffer is HostBuffer host ? host.Pointer : null) + view.Offset);

    public static float* Input(this StepBuffers buffers, int index) => buffers.Inputs[index].Pointer();

    public static float* Output(this StepBuffers buffers, int index) => buffers.Outputs[index].Pointer();

    public static float* Scratch(this StepBuffers buffers) => buffers.Workspace.Pointer();
}
