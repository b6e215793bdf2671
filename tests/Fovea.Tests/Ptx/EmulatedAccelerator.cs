using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;

namespace Fovea.Tests.Ptx;

/// <summary>A device that compiles kernels to PTX and executes that text in the emulator, with all its checks.</summary>
internal sealed class EmulatedAccelerator(int sm = 80, PtxOptions? options = null, Func<string, string>? change = null) : Accelerator
{
    private readonly Dictionary<KernelIdentity, Kernel> kernels = [];
    private readonly PtxMachine machine = new(options);

    public override AcceleratorInfo Info { get; } = new("ptx", $"PTX for sm_{sm} in the emulator", 1L << 30, 4, 1024, 48 << 10, IsGpu: true);

    public override MemoryStatistics Memory { get; } = new();

    /// <summary>Instructions executed by all threads so far.</summary>
    public long Executed => machine.Executed;

    public override DeviceBuffer Allocate(long bytes) => new EmulatedBuffer(this, bytes);

    public override Kernel Load(KernelSource source)
    {
        var identity = KernelIdentity.Of(source);
        return kernels.TryGetValue(identity, out Kernel? known) ? known : kernels[identity] = new EmulatedKernel(this, source, Changed(KernelCompiler.ToPtx(source, PtxTarget.For(sm))));
    }

    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source) => machine.Write(Address(target) + (ulong)offset, source);

    public override void Read(DeviceBuffer source, long offset, Span<byte> target) => machine.Read(Address(source) + (ulong)offset, target);

    public override void Clear(DeviceBuffer target, long offset, long bytes) => machine.Write<byte>(Address(target) + (ulong)offset, new byte[bytes]);

    public override void Synchronize()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    // Tests of the checks themselves seed faults.
    private CompiledKernel Changed(CompiledKernel compiled) => change is null ? compiled : compiled with { Text = change(compiled.Text) };

    private static ulong Address(DeviceBuffer buffer) => ((EmulatedBuffer)buffer).Address;

    private sealed class EmulatedBuffer : DeviceBuffer
    {
        private readonly EmulatedAccelerator owner;
        private bool freed;

        public EmulatedBuffer(EmulatedAccelerator owner, long bytes) : base(bytes)
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

    private sealed class EmulatedKernel(EmulatedAccelerator owner, KernelSource source, CompiledKernel compiled) : Kernel(source)
    {
        private readonly PtxEntry entry = PtxModule.Parse(compiled.Text)[compiled.EntryPoint];
        private readonly LaunchSignature signature = new(source);

        public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
        {
            signature.Check(arguments);
            if (groups.Count == 0) return;
            byte[] parameters = new byte[entry.ParameterBytes];
            for (int i = 0; i < compiled.Parameters.Count; i++)
            {
                KernelParameter parameter = compiled.Parameters[i];
                KernelArgument argument = arguments[parameter.Argument];
                Span<byte> place = parameters.AsSpan(entry.Parameters[i].Offset, entry.Parameters[i].Size);
                if (parameter.Kind == KernelParameterKind.Pointer) BitConverter.TryWriteBytes(place, Address(argument.Buffer!) + (ulong)argument.Offset);
                else if (parameter.Kind == KernelParameterKind.Length) BitConverter.TryWriteBytes(place, argument.Length);
                else Scalar(argument, parameter).CopyTo(place);
            }
            try
            {
                owner.machine.Launch(entry, new Dim(groups.X, groups.Y, groups.Z), new Dim(compiled.GroupSize.X, compiled.GroupSize.Y, compiled.GroupSize.Z), 0, parameters.AsSpan());
            }
            catch (PtxException exception)
            {
                throw new AcceleratorException($"{Source.Name}: {exception.Message}", exception);
            }
        }

        private static ReadOnlySpan<byte> Scalar(KernelArgument argument, KernelParameter parameter)
        {
            ReadOnlySpan<byte> bytes = argument.Bytes ?? BitConverter.GetBytes(argument.Bits);
            return bytes.Slice(parameter.ByteOffset, parameter.Type is ScalarType.Int64 or ScalarType.Float64 ? 8 : 4);
        }
    }
}
