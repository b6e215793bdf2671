using Fovea.Execution;
using Fovea.Ops;

namespace Fovea.Cpu.Resampling;

internal sealed unsafe class ResampleStep : IStep
{
    private readonly AxisResampling resampling;

    public ResampleStep(ResampleOp op, Shape input, WorkerPool pool)
    {
        (long outer, _, long inner) = input.Split(op.Axis, 1);
        resampling = new(outer, input.Joined("The inner dimensions", inner), op.Weights, pool);
    }

    public long WorkspaceBytes => 0;

    public void Run(StepBuffers buffers) => resampling.Run(buffers.Input(0), buffers.Output(0));
}
