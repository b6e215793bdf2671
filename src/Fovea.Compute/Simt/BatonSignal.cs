namespace Fovea.Compute.Simt;

/// <summary>Lets one thread wait for its turn. A turn that is given before the wait begins is not lost.</summary>
internal sealed class BatonSignal
{
    // Little spinning: of a group's threads all but one wait for a long time.
    private readonly ManualResetEventSlim signal = new(false, 1);

    public void Give() => signal.Set();

    public void Wait()
    {
        signal.Wait();
        signal.Reset();
    }
}
