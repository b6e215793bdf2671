namespace Fovea.Gpu.Devices;

/// <summary>Runs compilations on as many threads as there are cores; more only wait for each other.</summary>
internal static class CompilationQueue
{
    private static readonly SemaphoreSlim Places = new(Environment.ProcessorCount);

    /// <summary>Queues a compilation.</summary>
    public static Task<T> Run<T>(Func<T> compile) => Task.Run(async () =>
    {
        await Places.WaitAsync().ConfigureAwait(false);
        try
        {
            return compile();
        }
        finally
        {
            Places.Release();
        }
    });
}
