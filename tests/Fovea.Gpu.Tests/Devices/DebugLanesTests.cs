using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Operations;
using Fovea.Testing;
using ILGPU;

namespace Fovea.Gpu.Tests;

/// <summary>How the debugging device runs the threads of a group: alone, waiting for each other, or by ILGPU's own means.</summary>
internal sealed class DebugLanesTests
{
    private static readonly Dim3 Size = new(3, 2, 2), Groups = new(2, 3, 2);

    private static readonly int Count = (int)(Size.Count * Groups.Count);

    private WatchedDevice device = null!;
    private DeviceBuffer values = null!;

    [SetUp]
    public void Open()
    {
        device = TestDevices.Open(GpuDevices.Debug);
        values = device.Allocate<int>(Count);
        device.Clear(values, 0, values.Length);
    }

    [TearDown]
    public void Close()
    {
        values.Dispose();
        device.Dispose();
    }

    [Test]
    public void IndicesAndSizesInThreeDimensions()
    {
        foreach (Action<ArrayView<int>> kernel in (Action<ArrayView<int>>[])[Indices, IndicesAtABarrier, IndicesAtIlgpusBarrier])
        {
            device.Clear(values, 0, values.Length);
            Launch(kernel, Size, Groups);
            Assert.That(device.Download<int>(values), Is.EqualTo(Enumerable.Range(1, Count)), kernel.Method.Name);
        }
    }

    [Test]
    public void AKernelWithoutBarriersRunsInOrderOnOneThread()
    {
        Launch(CountSteps, Size, Groups);
        // Each has added to what the one before it left.
        Assert.That(device.Download<int>(values), Is.EqualTo(Enumerable.Range(1, Count)));
    }

    [Test]
    public void ThreadsSeeWhatOthersWroteBeforeTheBarrier([Values(2, 31, 128)] int size)
    {
        using DeviceBuffer sums = device.Allocate<int>(size * 3);
        device.Load(KernelSource.Of(Rotate, new Dim3(size))).Launch(new Dim3(3), sums.View<int>());
        IEnumerable<int> expected = from step in Enumerable.Range(1, 3)
                                    from thread in Enumerable.Range(0, size)
                                    select (thread + 5) % size * step;
        Assert.That(device.Download<int>(sums), Is.EqualTo(expected));
    }

    [Test]
    public void OthersGoOnWhenThreadsEndBetweenBarriers()
    {
        using DeviceBuffer turns = device.Allocate<int>(20);
        Task launch = Task.Run(() => device.Load(KernelSource.Of(EndOneByOne, new Dim3(5))).Launch(new Dim3(4), turns.View<int>()));
        Assert.That(launch.Wait(TimeSpan.FromSeconds(60)), "the launch hangs");
        Assert.That(device.Download<int>(turns), Is.EqualTo(Enumerable.Repeat(new[] { 1, 2, 3, 4, 5 }, 4).SelectMany(turn => turn)));
    }

    [Test]
    public void ValuesExchangedWithinAWarp()
    {
        using DeviceBuffer exchanged = device.Allocate<int>(64);
        device.Load(KernelSource.Of(Exchange, new Dim3(64))).Launch(new Dim3(1), exchanged.View<int>());
        Assert.That(device.Download<int>(exchanged), Is.EqualTo(Enumerable.Range(0, 64).Select(thread => thread ^ 1)));
    }

    private static void Indices(ArrayView<int> y) => y[Position()] = Position() + 1;

    private static void IndicesAtABarrier(ArrayView<int> y)
    {
        Meet();
        y[Position()] = Position() + 1;
    }

    private static void IndicesAtIlgpusBarrier(ArrayView<int> y)
    {
        Group.Barrier();
        y[Position()] = Position() + 1;
    }

    private static void CountSteps(ArrayView<int> y)
    {
        int at = Position();
        y[at] = at == 0 ? 1 : y[at - 1] + 1;
    }

    private static void Rotate(ArrayView<int> y)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(128);
        int thread = Group.IdxX, size = Group.DimX;
        shared[thread] = thread;
        for (int turn = 0; turn < 5; turn++)
        {
            Meet();
            int next = shared[(thread + 1) % size];
            Meet();
            shared[thread] = next;
        }
        y[Grid.GlobalIndex.X] = shared[thread] * (Grid.IdxX + 1);
    }

    private static void EndOneByOne(ArrayView<int> y)
    {
        y[Grid.GlobalIndex.X] = 1;
        for (int turn = 0; turn < Group.IdxX; turn++)
        {
            KernelGroup.Barrier();
            y[Grid.GlobalIndex.X]++;
        }
    }

    private static void Exchange(ArrayView<int> y) => y[Group.IdxX] = Warp.ShuffleXor(Group.IdxX, 1);

    private static void Meet() => KernelGroup.Barrier();

    private static int Position()
    {
        int group = (((Grid.IdxZ * Grid.DimY) + Grid.IdxY) * Grid.DimX) + Grid.IdxX;
        int thread = (((Group.IdxZ * Group.DimY) + Group.IdxY) * Group.DimX) + Group.IdxX;
        return (group * Group.DimX * Group.DimY * Group.DimZ) + thread;
    }

    private void Launch(Action<ArrayView<int>> kernel, Dim3 size, Dim3 groups) =>
        device.Load(KernelSource.Of(kernel, size)).Launch(groups, values.View<int>());
}
