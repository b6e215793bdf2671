using Fovea.Cpu.Threads;

namespace Fovea.Cpu.Tests;

internal sealed class WorkerPoolTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public void EveryItemIsDoneExactlyOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        Assert.That(pool.ThreadCount, Is.EqualTo(threads));
        int[] done = new int[1000], wrongWorker = new int[1];
        for (int round = 0; round < 3000; round++)
        {
            int items = round % 40 == 0 ? 1000 : round % 17;
            pool.For(items, (item, worker) =>
            {
                Interlocked.Increment(ref done[item]);
                if (worker < 0 || worker >= threads) Interlocked.Increment(ref wrongWorker[0]);
            });
            // When the call returns, all is done, and nothing else was.
            for (int i = 0; i < done.Length; i++)
            {
                if (done[i] != (i < items ? 1 : 0)) Assert.Fail($"Round {round}: item {i} of {items} was done {done[i]} times.");
            }
            Array.Clear(done);
            // Now and then the workers fall asleep.
            if (round % 500 == 499) Thread.Sleep(20);
        }
        Assert.That(wrongWorker[0], Is.Zero);
    }

    // A worker that comes late finds the next job open, which must not look like the one that it was woken for.
    [TestCase(2)]
    [TestCase(3)]
    public void ALateWorkerDoesNothingTwice(int threads)
    {
        using var pool = new WorkerPool(threads);
        int[] done = new int[13];
        Action<int, int> nothing = (_, _) => { };
        Action<int, int> count = (item, _) => Interlocked.Increment(ref done[item]);
        for (int round = 1; round <= 300_000; round++)
        {
            pool.For(2, nothing);
            pool.For(done.Length, count);
            if (done.AsSpan().ContainsAnyExcept(round)) Assert.Fail($"Round {round}: items were done {string.Join(", ", done)} times.");
        }
    }

    [Test]
    public void NoTwoThreadsShareANumber()
    {
        using var pool = new WorkerPool(3);
        int[] inside = new int[3];
        int clashes = 0;
        for (int round = 0; round < 500; round++)
        {
            pool.For(12, (_, worker) =>
            {
                if (Interlocked.Increment(ref inside[worker]) != 1) Interlocked.Increment(ref clashes);
                Thread.SpinWait(50);
                Interlocked.Decrement(ref inside[worker]);
            });
        }
        Assert.That(clashes, Is.Zero);
    }

    [Test]
    public void AnExceptionReachesTheCallerAndThePoolStillWorks([Values(1, 2, 3)] int threads, [Values(1, 64)] int items)
    {
        using var pool = new WorkerPool(threads);
        for (int round = 0; round < 200; round++)
        {
            int bad = round % items;
            Assert.That(() => pool.For(items, (item, _) =>
            {
                if (item == bad) throw new InvalidOperationException($"item {bad}");
            }), Throws.InvalidOperationException.With.Message.EqualTo($"item {bad}"));
            int sum = 0;
            pool.For(items, (item, _) => Interlocked.Add(ref sum, item + 1));
            Assert.That(sum, Is.EqualTo(items * (items + 1) / 2));
        }
    }

    [Test, CancelAfter(20_000)]
    public void CallsMayBeNestedAndConcurrent()
    {
        using var pool = new WorkerPool(3);
        long total = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 300; round++)
                pool.For(7, (_, _) => pool.For(5, (item, _) => Interlocked.Add(ref total, item)));
        }))];
        foreach (Thread caller in callers) caller.Start();
        foreach (Thread caller in callers) caller.Join();
        Assert.That(total, Is.EqualTo(4 * 300 * 7 * (0 + 1 + 2 + 3 + 4)));
    }

    [Test, CancelAfter(20_000)]
    public void DisposingEndsTheThreadsWhetherTheySpinOrSleep([Values] bool asleep)
    {
        for (int round = 0; round < 10; round++)
        {
            var pool = new WorkerPool(4);
            pool.For(100, (_, _) => { });
            if (asleep) Thread.Sleep(10);
            pool.Dispose();
            pool.Dispose();
        }
    }

    [Test]
    public void AWaitingPoolUsesNoTimeAndAWorkingOneAllocatesNothing()
    {
        using var pool = new WorkerPool(2);
        Action<int, int> work = (_, _) => Thread.SpinWait(20);
        for (int i = 0; i < 100; i++) pool.For(8, work);
        // The test host allocates too, now and then; a call that allocated would do so in every window.
        long least = long.MaxValue;
        for (int window = 0; window < 20 && least > 0; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 1000; i++) pool.For(8, work);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.That(least, Is.Zero);

        double leastBusy = double.PositiveInfinity;
        for (int window = 0; window < 20 && leastBusy > 20; window++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            Thread.Sleep(100);
            leastBusy = Math.Min(leastBusy, (Environment.CpuUsage.TotalTime - start).TotalMilliseconds);
        }
        Assert.That(leastBusy, Is.LessThan(20), "milliseconds of 100: a worker spins without end");
    }

    [Test]
    public void APoolHasAtLeastOneThread() => Assert.That(() => new WorkerPool(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
