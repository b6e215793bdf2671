using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Tests;

internal sealed class CompilationQueueTests
{
    /// <summary>A device that is closed waits for compilations that run, and not for those behind them.</summary>
    [Test]
    [CancelAfter(60_000)]
    public async Task WhatHasNotBegunIsLeftOut(CancellationToken limit)
    {
        using var closing = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        int begun = 0;
        Task<int>[] tasks = [.. Enumerable.Range(0, Environment.ProcessorCount + 3).Select(i => CompilationQueue.Run(() =>
        {
            Interlocked.Increment(ref begun);
            release.Wait(limit);
            return i;
        }, closing.Token))];
        // Other tests may compile meanwhile, so not every place need be free.
        while (Volatile.Read(ref begun) == 0) await Task.Delay(5, limit);
        closing.Cancel();
        release.Set();
        foreach (Task<int> task in tasks) await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int done = tasks.Count(task => task.IsCompletedSuccessfully);
        Assert.That(done, Is.EqualTo(begun), "what had begun has ended");
        Assert.That(tasks.Count(task => task.IsCanceled), Is.EqualTo(tasks.Length - done).And.GreaterThanOrEqualTo(3));
    }
}
