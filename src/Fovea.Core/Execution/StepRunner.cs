namespace Fovea.Execution;

/// <summary>
/// Runs steps: at first one by one, so that everything they need is loaded; then, where the device can, recorded and replayed as one.
/// What cannot be recorded goes on one by one for good.
/// </summary>
/// <param name="backend">The device, held by the caller while steps run.</param>
/// <param name="runSteps">Runs the steps one by one.</param>
internal sealed class StepRunner(IBackend backend, Action runSteps) : IDisposable
{
    private Recording? recording;
    private bool ran;

    /// <summary>Why the steps could not be recorded; null if they were, or nobody has tried yet.</summary>
    public string? Problem { get; private set; }

    public bool IsRecorded => recording is not null;

    public void Run()
    {
        if (ran && recording is null && Problem is null && backend.CanRecord)
        {
            recording = backend.Record(runSteps, out string? problem);
            Problem = recording is null ? problem ?? "The device gives no reason." : null;
        }
        if (recording is not null) recording.Replay();
        else runSteps();
        ran = true;
    }

    public void Dispose() => recording?.Dispose();
}
