using System.Collections.Concurrent;
using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Ptx;

namespace Fovea.Testing;

/// <summary>A device that compiles kernels to PTX and executes that text in the emulator, with all its checks.</summary>
/// <param name="limit">Bytes to use at most.</param>
internal sealed class EmulatedDevice(long limit = long.MaxValue) : KernelDevice
{
    /// <summary>The name under which tests open it.</summary>
    public const string Name = "ptx";

    private const int Sm = 80;

    // What kernels are compiled to is the same for all of these devices, and compiling takes longer than most launches.
    private static readonly ConcurrentDictionary<object, PtxEntry> Entries = new();

    private readonly Dictionary<object, EmulatedKernel> kernels = [];
    private readonly PtxCompiler compiler = new(Sm);
    private readonly PtxMachine machine = new();

    public override AcceleratorInfo Info { get; } = new(Name, $"PTX for sm_{Sm} in the emulator", 1L << 30, 4, 1024, 48 << 10, IsGpu: true);

    public override MemoryStatistics Memory { get; } = new();

    public override DeviceBuffer Allocate(long bytes)
    {
        if (bytes > limit - Memory.InUse) throw new DeviceOutOfMemoryException($"{Name} has no room for {bytes} bytes.");
        return new EmulatedBuffer(this, bytes);
    }

    public override DeviceKernel Load(KernelSource source)
    {
        if (!kernels.TryGetValue(source.Identity, out EmulatedKernel? kernel))
            kernels.Add(source.Identity, kernel = new EmulatedKernel(this, source));
        return kernel;
    }

    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source) =>
        machine.Write(Address(target) + (ulong)offset, source);

    public override void Read(DeviceBuffer source, long offset, Span<byte> target) => machine.Read(Address(source) + (ulong)offset, target);

    public override void Clear(DeviceBuffer target, long offset, long bytes) =>
        machine.Memory.Fill(Address(target) + (ulong)offset, 0, bytes);

    public override void Synchronize()
    {
    }

    protected override void Dispose(bool disposing) => compiler.Dispose();

    private static ulong Address(DeviceBuffer buffer) => ((EmulatedBuffer)buffer).Address;

    private sealed class EmulatedBuffer : DeviceBuffer
    {
        private readonly EmulatedDevice owner;
        private bool freed;

        public EmulatedBuffer(EmulatedDevice owner, long bytes) : base(bytes)
        {
            this.owner = owner;
            Address = owner.machine.Allocate(Math.Max(bytes, 1));
            owner.Memory.Add(bytes);
        }

        public ulong Address { get; }

        protected override void Dispose(bool disposing)
        {
            if (freed) return;
            freed = true;
            owner.machine.Free(Address);
            owner.Memory.Remove(Length);
        }
    }

    private sealed class EmulatedKernel(EmulatedDevice owner, KernelSource source) : DeviceKernel(source)
    {
        private readonly PtxEntry entry = Entries.GetOrAdd(source.Identity, _ => Parse(owner.compiler.Compile(source)));
        private readonly LaunchSignature signature = new(source);

        public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
        {
            signature.Check(arguments);
            if (groups.Count == 0) return;
            byte[] parameters = new byte[entry.ParameterBytes];
            for (int i = 0; i < arguments.Length; i++)
                Write(arguments[i], parameters.AsSpan(entry.Parameters[i].Offset, entry.Parameters[i].Size));
            Dim3 group = Source.GroupSize;
            try
            {
                owner.machine.Launch(
                    entry, new Dim(groups.X, groups.Y, groups.Z), new Dim(group.X, group.Y, group.Z), 0, parameters.AsSpan());
            }
            catch (PtxException exception)
            {
                throw new DeviceFailureException($"{Source.Name}: {exception.Message}", exception);
            }
        }

        private static PtxEntry Parse(PtxKernel kernel) => PtxModule.Parse(kernel.Text)[kernel.EntryPoint];

        // A view is a pointer and a length.
        private static void Write(in KernelArgument argument, Span<byte> place)
        {
            if (argument.Buffer is { } buffer)
            {
                BitConverter.TryWriteBytes(place, Address(buffer) + (ulong)argument.Offset);
                BitConverter.TryWriteBytes(place[sizeof(ulong)..], (long)argument.Length);
                return;
            }
            ReadOnlySpan<byte> bytes = argument.Bytes ?? BitConverter.GetBytes(argument.Bits);
            bytes[..Math.Min(bytes.Length, place.Length)].CopyTo(place);
        }
    }
}
