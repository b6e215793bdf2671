using System.Runtime.CompilerServices;
using Fovea.Core.Memory;

namespace Fovea.Core.Tests;

internal sealed class CachingAllocatorTests
{
    private const long MiB = 1 << 20;

    [TestCase(0, 512)]
    [TestCase(1, 512)]
    [TestCase(512, 512)]
    [TestCase(513, 640)]
    [TestCase(1000, 1024)]
    [TestCase(1025, 1280)]
    [TestCase(MiB, MiB)]
    [TestCase(MiB + 1, MiB + MiB / 4)]
    [TestCase(7 * MiB + 1, 8 * MiB)]
    [TestCase(8 * MiB + 1, 10 * MiB)]
    [TestCase(1001 * MiB, 1002 * MiB)]
    public void SizesAreRoundedToClasses(long bytes, long expected) => Assert.That(CachingAllocator.RoundUp(bytes), Is.EqualTo(expected));

    [Test]
    public void AFreedBlockIsUsedAgain()
    {
        var memory = new FakeMemory();
        using var allocator = new CachingAllocator(memory);
        DeviceBuffer first = allocator.Allocate(1000);
        nint handle = ((PooledBuffer)first).Handle;
        first.Dispose();
        Assert.That((allocator.Statistics.InUse, allocator.Statistics.Cached, memory.Held), Is.EqualTo((0L, 1024L, 1024L)));

        // One a little smaller takes the same block, one much smaller does not.
        using DeviceBuffer small = allocator.Allocate(512), again = allocator.Allocate(900);
        Assert.That(((PooledBuffer)again).Handle, Is.EqualTo(handle));
        Assert.That((memory.Allocations, allocator.Statistics.Cached, allocator.Statistics.InUse), Is.EqualTo((2, 0L, 1412L)));
        Assert.That((again.Length, allocator.Statistics.Buffers, allocator.Statistics.LargestRequest), Is.EqualTo((900L, 2, 1000L)));
    }

    [Test]
    public void ABlockIsLentToOneOwnerOnlyEvenIfDisposedTwice()
    {
        using var allocator = new CachingAllocator(new FakeMemory());
        DeviceBuffer first = allocator.Allocate(100);
        first.Dispose();
        using DeviceBuffer second = allocator.Allocate(100);
        first.Dispose();
        using DeviceBuffer third = allocator.Allocate(100);
        Assert.That(((PooledBuffer)third).Handle, Is.Not.EqualTo(((PooledBuffer)second).Handle));
        Assert.That(allocator.Statistics.Buffers, Is.EqualTo(2));
        Assert.That(() => ((PooledBuffer)first).Handle, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void ManyRandomSizesLeaveMemoryFlat()
    {
        var memory = new FakeMemory();
        var allocator = new CachingAllocator(memory);
        var random = new System.Random(1);
        var live = new List<DeviceBuffer>();
        long held = 0, inUse = 0, peak = 0;
        for (int round = 0; round < 30000; round++)
        {
            if (live.Count < 20 || (live.Count < 40 && random.Next(2) == 0))
            {
                long bytes = (long)Math.Exp(random.NextDouble() * Math.Log(64.0 * MiB));
                live.Add(allocator.Allocate(bytes));
                inUse += bytes;
                peak = Math.Max(peak, inUse);
            }
            else
            {
                int index = random.Next(live.Count);
                inUse -= live[index].Length;
                live[index].Dispose();
                live.RemoveAt(index);
            }
            held = Math.Max(held, memory.Held);
        }
        Assert.That(
            (allocator.Statistics.InUse, allocator.Statistics.Peak, allocator.Statistics.Buffers), Is.EqualTo((inUse, peak, live.Count)));
        Assert.That(memory.Held, Is.EqualTo(allocator.Statistics.Reserved));
        // Twice the peak, whose blocks are up to two quarters larger than what was asked for.
        Assert.That(held, Is.LessThan(3 * peak));
        Assert.That(memory.Allocations, Is.LessThan(9000), "most requests are served without the device");
        allocator.Dispose();
        Assert.That(
            (memory.Held, memory.WrongFrees, allocator.Statistics.Reserved, allocator.Statistics.Cached), Is.EqualTo((0L, 0, 0L, 0L)));
        foreach (DeviceBuffer buffer in live) buffer.Dispose();
        Assert.That(memory.WrongFrees, Is.Zero);
    }

    [Test]
    public void AFullDeviceGivesKeptBlocksBackFirst()
    {
        var memory = new FakeMemory(10 * MiB);
        using var allocator = new CachingAllocator(memory);
        allocator.Allocate(5 * MiB).Dispose();
        using DeviceBuffer live = allocator.Allocate(2 * MiB);
        using DeviceBuffer large = allocator.Allocate(7 * MiB);
        Assert.That((memory.Held, allocator.Statistics.Cached), Is.EqualTo((9 * MiB, 0L)));
        Assert.That(memory.Synchronizations, Is.EqualTo(1), "memory may be held by work that is queued");
    }

    [Test]
    public void AFullDeviceIsReportedWithItsLargestBuffers([Values] bool limited)
    {
        var memory = new FakeMemory(limited ? long.MaxValue : 16 * MiB);
        using var allocator = new CachingAllocator(memory, limited ? 16 * MiB : long.MaxValue);
        using DeviceBuffer weights = allocator.Allocate(4 * MiB), arena = allocator.Allocate(8 * MiB), nameless = allocator.Allocate(2000);
        (weights.Label, arena.Label) = ("weights", "arena of VGG16");
        DeviceOutOfMemoryException exception = Assert.Throws<DeviceOutOfMemoryException>(() => allocator.Allocate(6 * MiB))!;
        Assert.That(exception.Message, Is.EqualTo(
            "fake:0 has no room for 6.0 MiB: 12.0 MiB of 16.0 MiB are in use in 3 buffers, 0.0 MiB cached. " +
            "The largest buffers: 8.0 MiB arena of VGG16, " +
            "4.0 MiB weights, 0.0 MiB without a label. A smaller batch needs less."));
        Assert.That(exception.WithDetails("It is for conv1.").Message, Does.EndWith("A smaller batch needs less. It is for conv1."));
        Assert.That(allocator.Statistics.Buffers, Is.EqualTo(3));
        Assert.Throws<DeviceOutOfMemoryException>(() => allocator.Allocate(long.MaxValue));
        using DeviceBuffer fits = allocator.Allocate(3 * MiB);
    }

    [Test]
    public void ABufferMayBeTooLargeForADeviceWithRoom()
    {
        using var allocator = new CachingAllocator(new FakeMemory(64 * MiB, 16 * MiB));
        Assert.That(() => allocator.Allocate(17 * MiB), Throws.TypeOf<DeviceOutOfMemoryException>().With.Message.Contains(
            "A single buffer may have 16.0 MiB."));
    }

    [Test]
    public void ManyThreadsNeverShareABlock()
    {
        var memory = new FakeMemory(64 * MiB);
        var allocator = new CachingAllocator(memory);
        var owned = new System.Collections.Concurrent.ConcurrentDictionary<nint, bool>();
        int clashes = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            var random = new System.Random(thread);
            for (int i = 0; i < 3000; i++)
            {
                using DeviceBuffer a = allocator.Allocate(random.Next(4000)), b = allocator.Allocate(random.Next((int)MiB));
                foreach (DeviceBuffer buffer in (DeviceBuffer[])[a, b])
                    if (!owned.TryAdd(((PooledBuffer)buffer).Handle, true)) Interlocked.Increment(ref clashes);
                foreach (DeviceBuffer buffer in (DeviceBuffer[])[a, b]) owned.TryRemove(((PooledBuffer)buffer).Handle, out _);
                if (i % 500 == 0) allocator.Flush();
            }
        });
        Assert.That((clashes, allocator.Statistics.Buffers, allocator.Statistics.InUse), Is.EqualTo((0, 0, 0L)));
        allocator.Dispose();
        Assert.That((memory.Held, memory.WrongFrees), Is.EqualTo((0L, 0)));
    }

    [Test]
    public void AForgottenBufferComesBackAndIsCounted()
    {
        var memory = new FakeMemory();
        using var allocator = new CachingAllocator(memory);
        Forget(allocator);
        Collect(() => allocator.Statistics.Leaked == 1);
        Assert.That((allocator.Statistics.Leaked, allocator.Statistics.Buffers, allocator.Statistics.Cached), Is.EqualTo((1, 0, 1024L)));
    }

    [Test]
    public void AForgottenBufferMakesRoomOnAFullDevice()
    {
        using var allocator = new CachingAllocator(new FakeMemory(MiB));
        ForgetLarge(allocator);
        using DeviceBuffer next = allocator.Allocate(900_000);
        Assert.That(allocator.Statistics.Leaked, Is.EqualTo(1));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void ForgetLarge(CachingAllocator allocator) => allocator.Allocate(900_000);
    }

    [Test]
    public void AForgottenAllocatorFreesEverything()
    {
        var memory = new FakeMemory();
        ForgetAll(memory);
        Collect(() => memory.Count == 0);
        Assert.That((memory.Count, memory.WrongFrees), Is.EqualTo((0, 0)));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void ForgetAll(FakeMemory memory)
        {
            var allocator = new CachingAllocator(memory);
            allocator.Allocate(5000).Dispose();
            allocator.Allocate(100);
        }
    }

    [Test]
    public void DisposingEndsLiveBuffers()
    {
        var memory = new FakeMemory();
        var allocator = new CachingAllocator(memory);
        DeviceBuffer buffer = allocator.Allocate(100);
        allocator.Dispose();
        Assert.That((memory.Count, allocator.Statistics.InUse), Is.EqualTo((0, 0L)));
        Assert.That(() => ((PooledBuffer)buffer).Handle, Throws.InstanceOf<ObjectDisposedException>());
        buffer.Dispose();
        allocator.Dispose();
        Assert.That(memory.WrongFrees, Is.Zero);
        Assert.That(() => allocator.Allocate(1), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public unsafe void HostMemoryIsZeroedWhenItIsUsedAgain()
    {
        using var allocator = new CachingAllocator(new HostMemory());
        byte* first;
        using (var buffer = new HostBuffer(5000, allocator))
        {
            first = buffer.Pointer;
            new Span<byte>(first, 5000).Fill(7);
        }
        using var again = new HostBuffer(5000, allocator);
        Assert.That((nint)again.Pointer, Is.EqualTo((nint)first));
        Assert.That((long)again.Pointer % HostBuffer.Alignment, Is.Zero);
        Assert.That(new Span<byte>(again.Pointer, 5000).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(CachingAllocator allocator) => allocator.Allocate(1000);

    private static void Collect(Func<bool> done)
    {
        for (int i = 0; i < 100 && !done(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
