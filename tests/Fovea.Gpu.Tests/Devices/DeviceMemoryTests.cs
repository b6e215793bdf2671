using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Copies, and what happens when a device's memory is full or the device is gone.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Named))]
internal sealed class DeviceMemoryTests(string device) : KernelDeviceTests(device, own: true)
{
    private const int MiB = 1 << 20;

    [Test]
    public void LongCopiesGoThroughStaging()
    {
        const int Count = 50_000_001;
        using DeviceBuffer buffer = Device.Allocate(Count + 7);
        byte[] source = new byte[Count], target = new byte[Count];
        new System.Random(1).NextBytes(source);
        byte[] kept = [.. source];
        Device.Write(buffer, 7, source);
        // The source may change at once.
        Array.Clear(source);
        Device.Read(buffer, 7, target);
        Assert.That(target.AsSpan().SequenceEqual(kept));
    }

    [Test]
    public void ManyShortCopiesArriveInOrder()
    {
        using DeviceBuffer buffer = Device.Allocate(MiB);
        byte[] expected = new byte[MiB], piece = new byte[300_000], result = new byte[MiB];
        var random = new System.Random(2);
        Device.Clear(buffer, 0, MiB);
        for (int i = 0; i < 500; i++)
        {
            Span<byte> part = piece.AsSpan(0, random.Next(piece.Length));
            int offset = random.Next(expected.Length - part.Length);
            part.Fill((byte)i);
            part.CopyTo(expected.AsSpan(offset));
            Device.Write(buffer, offset, part);
        }
        Device.Read(buffer, 0, result);
        Assert.That(result.AsSpan().SequenceEqual(expected));
    }

    [TestCase(0, MiB)]
    [TestCase(3, 1001)]
    [TestCase(8, 40)]
    [TestCase(5, 0)]
    public void ClearingTouchesNothingElse(int offset, int count)
    {
        byte[] bytes = new byte[offset + count + 5];
        Array.Fill(bytes, (byte)9);
        using DeviceBuffer buffer = Device.Upload<byte>(bytes);
        Device.Clear(buffer, offset, count);
        bytes.AsSpan(offset, count).Clear();
        Assert.That(Device.Download<byte>(buffer), Is.EqualTo(bytes));
    }

    [Test]
    public void CopiesStayInsideBuffers()
    {
        using DeviceBuffer buffer = Device.Allocate(400);
        using WatchedDevice other = TestDevices.Open(Name);
        Assert.That(() => Device.Write(buffer, 399, [1, 2]),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("2 bytes from byte 399 on"));
        Assert.That(() => Device.Read(buffer, -1, new byte[1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Device.Clear(buffer, 0, 401), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Device.Clear(buffer, 0, long.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => other.Read(buffer, 0, new byte[1]), Throws.ArgumentException.With.Message.Contains("does not lie on this"));
    }

    [Test]
    public void AFullDeviceNamesTheLargestBuffers()
    {
        using WatchedDevice device = TestDevices.Open(Name, limit: 10 * MiB);
        using DeviceBuffer live = device.Allocate(6 * MiB), other = device.Allocate(MiB / 2);
        live.Label = "weights";
        other.Label = "input";
        Assert.That(() => device.Allocate(5 * MiB), Throws.TypeOf<DeviceOutOfMemoryException>().With.Message.Contains("no room for 5.0 MiB")
            .And.Message.Contains("The largest buffers: 6.0 MiB weights, 0.5 MiB input.").And.Message.Contains(device.Info.Name));
        using DeviceBuffer small = device.Allocate(3 * MiB);
    }

    [Test]
    public void MoreThanThereIsIsRefused()
    {
        Assert.That(() => Device.Allocate(long.MaxValue / 2), Throws.TypeOf<DeviceOutOfMemoryException>());
        using DeviceBuffer small = Device.Allocate(4);
    }

    [Test]
    public void KeptBlocksMakeRoomAndWorkThatUsesThemStillRuns()
    {
        using WatchedDevice device = TestDevices.Open(Name, limit: 10 * MiB);
        DeviceKernel add = device.Load(KernelSource.Of(TestKernels.Add, new Dim3(64)));
        using DeviceBuffer sums = device.Upload<float>(new float[64]);
        for (int round = 0; round < 5; round++)
        {
            float[] ones = new float[MiB];
            Array.Fill(ones, 1f);
            using (DeviceBuffer large = device.Upload<float>(ones))
                add.Launch(new Dim3(1), KernelArgument.View(large, 0, 64), sums.View<float>());
            // The block that came back is not large enough, and there is no room beside it.
            using DeviceBuffer larger = device.Allocate(7 * MiB);
            device.Clear(larger, 0, 7 * MiB);
            Assert.That(device.Memory.Reserved, Is.LessThanOrEqualTo(10 * MiB));
        }
        Assert.That(device.Download<float>(sums), Is.All.EqualTo(5f));
    }

    [Test]
    public void BuffersMayOutliveTheirDevice()
    {
        KernelDevice device = TestDevices.OpenUnwatched(Name);
        DeviceBuffer buffer = device.Upload<float>([1, 2]);
        DeviceKernel add = device.Load(KernelSource.Of(TestKernels.Add, new Dim3(64)));
        add.Launch(new Dim3(1), buffer.View<float>(), buffer.View<float>());
        device.Dispose();
        device.Dispose();
        Assert.That(() => device.Read(buffer, 0, new byte[4]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(
            () => add.Launch(new Dim3(1), buffer.View<float>(), buffer.View<float>()), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => device.Allocate(1), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => device.Load(KernelSource.Of(TestKernels.Add, new Dim3(64))), Throws.InstanceOf<ObjectDisposedException>());
        buffer.Dispose();
    }
}
