using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>How a kernel is compiled: by ILGPU alone, or with passes around.</summary>
public enum IlgpuMode
{
    Stock,
    Inferred,
    Unrolled,
}

/// <summary>A kernel that ILGPU has compiled to PTX, without a card.</summary>
internal sealed class IlgpuKernel
{
    private static readonly Lazy<PTXBackend> Backend = new(() =>
    {
        Context context = Context.Create(builder =>
        {
            builder.Optimize(OptimizationLevel.O1);
            IlgpuOperations.Register(builder);
        });
        CudaArchitecture sm = CudaArchitecture.SM_80;
        return new PTXBackend(context, new CudaCapabilityContext(sm), sm, CudaInstructionSet.ISA_70, null);
    });

    private readonly string name;

    public IlgpuKernel(MethodInfo method, IlgpuMode mode = IlgpuMode.Unrolled)
    {
        var description = EntryPointDescription.FromExplicitlyGroupedKernel(method);
        var specialization = new KernelSpecialization(256, 1);
        CompiledKernel compiled = mode == IlgpuMode.Stock
            ? Backend.Value.Compile(description, specialization)
            : Backend.Value.Compile(description, specialization, new IlgpuPasses(mode == IlgpuMode.Unrolled));
        Text = ((PTXCompiledKernel)compiled).PTXAssembly;
        name = compiled.Name;
    }

    public string Text { get; }

    public static IlgpuKernel Of(Delegate method, IlgpuMode mode = IlgpuMode.Unrolled) => new(method.Method, mode);

    /// <summary>Runs the kernel, or its text after a change. Arrays are buffers and get back what the kernel made of them.</summary>
    public void Run(Dim grid, Dim group, ReadOnlySpan<object> arguments, Func<string, string>? change = null, int dynamicShared = 0)
    {
        PtxEntry entry = PtxModule.Parse(change is null ? Text : change(Text))[name];
        Assert.That(entry.Parameters, Has.Count.EqualTo(arguments.Length));
        var machine = new PtxMachine();
        byte[] parameters = new byte[entry.ParameterBytes];
        var buffers = new List<(Array Array, ulong Address)>();
        for (int i = 0; i < arguments.Length; i++)
        {
            Span<byte> place = parameters.AsSpan(entry.Parameters[i].Offset, entry.Parameters[i].Size);
            if (arguments[i] is Array array)
            {
                Span<byte> bytes = Bytes(array);
                ulong address = machine.Allocate(bytes.Length);
                machine.Write<byte>(address, bytes);
                buffers.Add((array, address));
                MemoryMarshal.Write(place, address);
                MemoryMarshal.Write(place[8..], (long)array.Length);
            }
            else
            {
                byte[] value = new byte[Marshal.SizeOf(arguments[i])];
                GCHandle handle = GCHandle.Alloc(arguments[i], GCHandleType.Pinned);
                Marshal.Copy(handle.AddrOfPinnedObject(), value, 0, value.Length);
                handle.Free();
                Assert.That(value, Has.Length.EqualTo(place.Length));
                value.CopyTo(place);
            }
        }
        machine.Launch(entry, grid, group, dynamicShared, parameters.AsSpan());
        foreach ((Array array, ulong address) in buffers)
            machine.Read(address, Bytes(array));
    }

    private static Span<byte> Bytes(Array array) => MemoryMarshal.CreateSpan(
        ref MemoryMarshal.GetArrayDataReference(array), array.Length * Marshal.SizeOf(array.GetType().GetElementType()!));
}
