using System.Buffers;
using Fovea.Data;

namespace Fovea.Tests;

[TestFixture, NonParallelizable]
internal sealed class BatchLoaderTests
{
    private static readonly ImageShape Shape = new(3, 4, 1);

    /// <summary>Image i is filled with i, so that a batch tells what it is made of.</summary>
    private static LabelledImages Numbered(int count)
    {
        byte[] pixels = new byte[count * Shape.Length];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i / Shape.Length);
        return new LabelledImages("numbered", pixels, [.. Enumerable.Range(0, count).Select(i => i % 3)], 3, 4, 1, ["a", "b", "c"]);
    }

    private static BatchLoader Load(int count, BatchLoaderOptions options) => new(Numbered(count), options);

    private static List<(int Index, int[] Images)> Serve(BatchLoader loader, int epoch, int first = 0)
    {
        var served = new List<(int, int[])>();
        foreach (Batch batch in loader.Epoch(epoch, first))
        {
            int[] images = new int[batch.Count];
            Assert.That(batch.Inputs.Length, Is.EqualTo(batch.Count * Shape.Length));
            for (int i = 0; i < batch.Count; i++)
            {
                images[i] = (int)MathF.Round(batch.Inputs[i * Shape.Length] * 255);
                Assert.That(batch.Labels[i], Is.EqualTo(images[i] % 3));
            }
            served.Add((batch.Index, images));
        }
        return served;
    }

    [TestCase(false, 4, 3)]
    [TestCase(true, 3, 4)]
    public void InOrderWithTheLastPartialBatchOrWithout(bool dropLast, int batches, int lastCount)
    {
        using BatchLoader loader = Load(15, new() { BatchSize = 4, DropLast = dropLast });
        var served = Serve(loader, 0);
        Assert.That((loader.BatchesPerEpoch, served.Count), Is.EqualTo((batches, batches)));
        Assert.That(served[^1].Images, Has.Length.EqualTo(lastCount));
        Assert.That(served.SelectMany(batch => batch.Images), Is.EqualTo(Enumerable.Range(0, dropLast ? 12 : 15)));
        Assert.That(served.Select(batch => batch.Index), Is.EqualTo(Enumerable.Range(0, batches)));
    }

    [Test]
    public void ShuffledOrderIsAPermutationDecidedBySeedAndEpoch()
    {
        BatchLoaderOptions options = new() { BatchSize = 7, Shuffle = true, Seed = 3 };
        using BatchLoader loader = Load(100, options), again = Load(100, options with { BatchSize = 30, Prefetch = 1 });
        using BatchLoader other = Load(100, options with { Seed = 4 });
        int[] first = Order(loader, 0), second = Order(loader, 1);
        Assert.That(first, Is.EquivalentTo(Enumerable.Range(0, 100)));
        Assert.That(first, Is.Not.Ordered);
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(Order(again, 1), Is.EqualTo(second));
        Assert.That(Order(loader, 0), Is.EqualTo(first));
        Assert.That(Order(other, 0), Is.Not.EqualTo(first));

        static int[] Order(BatchLoader loader, int epoch) => [.. Serve(loader, epoch).SelectMany(batch => batch.Images)];
    }

    [Test]
    public void ResumedEpochServesTheSameBatchesToTheBit()
    {
        BatchLoaderOptions options = new() { BatchSize = 8, Shuffle = true };
        LabelledImages digits = Digits.Generate(60, 0).Train;
        FittedImages images = digits.Fit(new ImageShape(32, 32, 1), digits.Normalization, Augmentation.Parse("flip,shift:1,rotate:15"));
        using var whole = new BatchLoader(images, options);
        using var resumed = new BatchLoader(images, options);
        var all = whole.Epoch(2).Select(batch => (batch.Index, Inputs: batch.Inputs.ToArray(), Labels: batch.Labels.ToArray())).ToArray();
        Assert.That(all, Has.Length.EqualTo(8));
        foreach (int first in new[] { 0, 3, 7, 8 })
        {
            int at = first;
            foreach (Batch batch in resumed.Epoch(2, first))
            {
                Assert.That(batch.Index, Is.EqualTo(at));
                Assert.That(batch.Inputs.SequenceEqual(all[at].Inputs) && batch.Labels.SequenceEqual(all[at].Labels));
                at++;
            }
            Assert.That(at, Is.EqualTo(8));
        }
    }

    [Test]
    public void BatchStaysIntactUntilTheNextIsAskedFor()
    {
        using BatchLoader loader = Load(200, new() { BatchSize = 2, Prefetch = 1 });
        foreach (Batch batch in loader.Epoch(0))
        {
            // Time enough for the thread to run into the buffer, if it could.
            Thread.Sleep(1);
            Assert.That(batch.Inputs[^1] * 255, Is.EqualTo(Math.Min((2 * batch.Index) + 1, 199)).Within(1e-3));
        }
    }

    [Test]
    public void AllocatesNothingPerBatch()
    {
        FittedImages images = Numbered(250).Fit(Shape, Normalization.None(1), Augmentation.Parse("flip,crop:1"));
        using var loader = new BatchLoader(images, new() { BatchSize = 1, Shuffle = true });
        // The test runner allocates at times of its own choosing, never in all of twenty.
        long one = Enumerable.Range(0, 20).Min(_ => Allocated(249)), all = Enumerable.Range(0, 20).Min(_ => Allocated(0));
        Assert.That(all - one, Is.LessThan(249), "Bytes for 249 more batches.");

        long Allocated(int firstBatch)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            foreach (Batch _ in loader.Epoch(0, firstBatch))
            {
            }
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        }
    }

    [Test]
    public void LeavingEarlyEndsTheThread()
    {
        using BatchLoader loader = Load(200, new() { BatchSize = 1 });
        for (int i = 0; i < 20; i++)
            foreach (Batch batch in loader.Epoch(i))
                if (batch.Index == i)
                    break;
        AssertNoLoaderThreads();
    }

    [Test]
    public void DisposingEndsAnAbandonedEnumeration()
    {
        BatchLoader loader = Load(200, new() { BatchSize = 1 });
        IEnumerator<Batch> abandoned = loader.Epoch(0).GetEnumerator();
        Assert.That(abandoned.MoveNext());
        Assert.That(LoaderThreads, OperatingSystem.IsLinux() ? Is.EqualTo(1).After(2000, 5) : Is.Zero);
        loader.Dispose();
        loader.Dispose();
        AssertNoLoaderThreads();
        Assert.That(abandoned.MoveNext, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => loader.Epoch(0), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void BeginningAnotherEpochEndsTheOneBefore()
    {
        using BatchLoader loader = Load(50, new() { BatchSize = 1 });
        using IEnumerator<Batch> old = loader.Epoch(0).GetEnumerator();
        Assert.That(old.MoveNext());
        Assert.That(Serve(loader, 1), Has.Count.EqualTo(50));
        Assert.That(old.MoveNext, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void FailureOnTheThreadReachesTheConsumerAfterTheBatchesBeforeIt()
    {
        using var memory = new FailingMemory(50 * Shape.Length);
        var images = new LabelledImages("failing", memory.Memory, new int[50], 3, 4, 1, ["a"]);
        using var loader = new BatchLoader(images, new() { BatchSize = 1 });
        memory.ReadsLeft = 5;
        int served = 0;
        Assert.That(() => loader.Epoch(0).Count(_ => ++served > 0), Throws.TypeOf<IOException>().With.Message.EqualTo("unplugged"));
        Assert.That(served, Is.EqualTo(5));
        memory.ReadsLeft = int.MaxValue;
        Assert.That(loader.Epoch(0).Count(), Is.EqualTo(50), "The loader serves on afterwards.");
    }

    [Test]
    public void CancellationEndsTheEnumerationAndTheThread()
    {
        using var cancellation = new CancellationTokenSource();
        using BatchLoader loader = Load(200, new() { BatchSize = 1 });
        int served = 0;
        Assert.That(() =>
        {
            foreach (Batch _ in loader.Epoch(0, 0, cancellation.Token))
                if (++served == 3)
                    cancellation.Cancel();
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(served, Is.EqualTo(3));
        AssertNoLoaderThreads();
    }

    [Test]
    public void CancellationWakesAWaitingConsumer()
    {
        using var memory = new FailingMemory(50 * Shape.Length);
        var images = new LabelledImages("slow", memory.Memory, new int[50], 3, 4, 1, ["a"]);
        using var loader = new BatchLoader(images, new() { BatchSize = 1 });
        (memory.Delay, memory.Reads) = (TimeSpan.FromSeconds(1), 0);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.That(() => loader.Epoch(0, 0, cancellation.Token).Count(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(memory.Reads, Is.EqualTo(1), "The consumer must not have waited for a batch.");
    }

    [Test]
    public void WrongArgumentsAreRefused()
    {
        using BatchLoader loader = Load(10, new() { BatchSize = 5 });
        Assert.That(() => loader.Epoch(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => loader.Epoch(0, 3), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(loader.Epoch(0, 2), Is.Empty);
        Assert.That(() => Load(10, new() { BatchSize = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Load(10, new() { Prefetch = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Load(10, new() { BatchSize = int.MaxValue }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void EmptySetHasNoBatches()
    {
        using BatchLoader loader = Load(0, new());
        Assert.That(loader.Epoch(0), Is.Empty);
    }

    /// <summary>Asks the system, where it tells the names of threads; it may list one a moment longer than it runs.</summary>
    private static void AssertNoLoaderThreads() => Assert.That(LoaderThreads, Is.Zero.After(2000, 5));

    private static int LoaderThreads()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        return Directory.GetDirectories($"/proc/{Environment.ProcessId}/task").Count(NamesALoader);

        static bool NamesALoader(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("Fovea batch", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private sealed class FailingMemory(int length) : MemoryManager<byte>
    {
        private readonly byte[] bytes = new byte[length];

        public int ReadsLeft { get; set; } = int.MaxValue;

        public int Reads { get; set; }

        public TimeSpan Delay { get; set; }

        public override Span<byte> GetSpan()
        {
            if (ReadsLeft-- <= 0)
                throw new IOException("unplugged");
            Reads++;
            Thread.Sleep(Delay);
            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
