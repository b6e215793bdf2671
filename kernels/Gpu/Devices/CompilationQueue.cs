namespace Fovea.Gpu.Devices;

/// <summary>Runs compilations on as many threads as there are cores; more only wait for each other.</summary>
internal static class CompilationQueue
{
    private static readonly SemaphoreSlim Places = new(Environment.ProcessorCount);

    /// <summary>Queues a compilation.</summary>
    /// <param name="compile">The compilation.</param>
    /// <param name="cancellationToken">Leaves it out if it has not begun.</param>
    public static Task<T> Run<T>(Func<T> compile, CancellationToken cancellationToken) => Task.Run(async () =>
    {
        await Places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return compile();
        }
        finally
        {
            Places.Release();
        }
    }, CancellationToken.None);
}
