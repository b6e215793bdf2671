namespace Fovea.Compute.Cuda;

/// <summary>Launches as a graph of the driver's.</summary>
internal sealed class CudaRecording(CudaAccelerator accelerator, CudaContext context, nint graph, string description) : Recording
{
    private bool disposed;

    public override void Replay()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        accelerator.ThrowIfRecording("replay a recording");
        using CudaContext.Scope scope = context.Enter();
        context.LastLaunch = description;
        context.Check(context.Driver.cuGraphLaunch(graph, accelerator.Stream));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed || !disposing) return;
        disposed = true;
        accelerator.Forget(this);
        // Drivers before CUDA 12 do not promise to wait for a graph that is running.
        context.Release(driver => driver.cuStreamSynchronize(accelerator.Stream));
        context.Release(driver => driver.cuGraphExecDestroy(graph));
    }
}
