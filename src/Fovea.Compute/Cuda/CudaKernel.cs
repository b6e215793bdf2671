using System.Runtime.CompilerServices;
using System.Text;
using Fovea.Compute.Compiler;
using static Fovea.Compute.Cuda.CudaNumbers;

namespace Fovea.Compute.Cuda;

/// <summary>What a kernel takes of a multiprocessor.</summary>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="LocalBytes">Memory of a thread for what did not fit into registers.</param>
/// <param name="SharedBytes">Shared memory of a group.</param>
/// <param name="GroupsPerUnit">Groups that a multiprocessor runs at once.</param>
/// <param name="Occupancy">The share of a multiprocessor's threads that they are.</param>
public sealed record CudaOccupancy(int Registers, int LocalBytes, int SharedBytes, int GroupsPerUnit, double Occupancy);

/// <summary>A kernel that is ready to launch on a card. Many threads may launch it.</summary>
public sealed unsafe class CudaKernel : DriverKernel
{
    private const int FreeSharedBytes = 48 << 10, ParameterBytes = 4096;
    private readonly CudaAccelerator accelerator;
    private readonly CudaContext context;
    private readonly nint module, function;
    private readonly uint dynamicShared;

    // Takes the module over.
    internal CudaKernel(KernelSource source, CudaAccelerator accelerator, CudaContext context, nint module, CompiledKernel compiled) : base(source, compiled)
    {
        (this.accelerator, this.context, this.module) = (accelerator, context, module);
        try
        {
            if (Parameters.Any(parameter => parameter.Kind is KernelParameterKind.Buffer or KernelParameterKind.Offset)) throw new NotSupportedException("CUDA kernels take addresses.");
            if (Parameters.Length * sizeof(ulong) > ParameterBytes) throw new AcceleratorException($"{context.Name}: the kernel {Name} has {Parameters.Length} parameters; {ParameterBytes} bytes are possible.");
            nint found;
            fixed (byte* name = Encoding.UTF8.GetBytes(compiled.EntryPoint + '\0')) context.Check(context.Driver.cuModuleGetFunction(&found, module, name), Name);
            function = found;
            int limit = Attribute(FunctionMaxGroupSize);
            if (compiled.GroupSize.Count > limit)
                throw new AcceleratorException($"{context.Name}: the kernel {Name} has groups of {compiled.GroupSize} threads, but its registers allow {limit} there.");
            // What the text does not declare with a size is given with the launch; much of it has to be asked for.
            dynamicShared = (uint)Math.Max(0, compiled.SharedBytes - Attribute(FunctionSharedBytes));
            if (dynamicShared > 0 && compiled.SharedBytes > FreeSharedBytes)
                context.Check(context.Driver.cuFuncSetAttribute(function, FunctionMaxDynamicShared, (int)dynamicShared), Name);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Asks the driver how many groups fit on a multiprocessor.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public CudaOccupancy Occupancy()
    {
        using CudaContext.Scope scope = context.Enter();
        int groups, size = (int)Compiled.GroupSize.Count;
        context.Check(context.Driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(&groups, function, size, dynamicShared), Name);
        return new(Attribute(FunctionRegisters), Attribute(FunctionLocalBytes), Compiled.SharedBytes, groups, (double)groups * size / accelerator.Device.UnitThreads);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An argument is missing, of another kind, out of its buffer's bounds, or of another device.</exception>
    /// <exception cref="CudaException">The driver refuses the launch.</exception>
    public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (!Check(groups, arguments)) return;
        using CudaContext.Scope scope = context.Enter();
        Enqueue(groups, arguments);
        if (CudaAccelerator.IsSynchronous) context.Check(context.Driver.cuStreamSynchronize(accelerator.Stream), Name);
    }

    /// <inheritdoc/>
    public override TimeSpan Measure(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        accelerator.ThrowIfRecording("measure a kernel");
        if (!Check(groups, arguments)) return TimeSpan.Zero;
        using CudaContext.Scope scope = context.Enter();
        nint start = 0, end = 0;
        try
        {
            context.Check(context.Driver.cuEventCreate(&start, 0));
            context.Check(context.Driver.cuEventCreate(&end, 0));
            context.Check(context.Driver.cuEventRecord(start, accelerator.Stream), Name);
            Enqueue(groups, arguments);
            context.Check(context.Driver.cuEventRecord(end, accelerator.Stream), Name);
            context.Check(context.Driver.cuEventSynchronize(end), Name);
            float milliseconds;
            context.Check(context.Driver.cuEventElapsedTime(&milliseconds, start, end), Name);
            return TimeSpan.FromMilliseconds(milliseconds);
        }
        finally
        {
            if (start != 0) _ = context.Driver.cuEventDestroy(start);
            if (end != 0) _ = context.Driver.cuEventDestroy(end);
        }
    }

    internal override void Release() => context.Release(driver => driver.cuModuleUnload(module));

    private void Enqueue(Dim3 groups, ReadOnlySpan<KernelArgument> arguments)
    {
        Dim3 limit = accelerator.Device.MaxGrid, size = Compiled.GroupSize;
        if (groups.X > limit.X || groups.Y > limit.Y || groups.Z > limit.Z)
            throw new ArgumentOutOfRangeException(nameof(groups), $"{Name} cannot be launched with {groups} groups; {limit} are possible on {context.Name}.");
        // The driver copies them while it is called.
        ulong* values = stackalloc ulong[Parameters.Length];
        void** places = stackalloc void*[Parameters.Length];
        for (int i = 0; i < Parameters.Length; i++)
        {
            ref readonly KernelParameter parameter = ref Parameters[i];
            ref readonly KernelArgument argument = ref arguments[parameter.Argument];
            places[i] = values + i;
            values[i] = parameter.Kind switch
            {
                KernelParameterKind.Pointer => (ulong)(accelerator.HandleOf(argument.Buffer!) + (nint)argument.Offset),
                KernelParameterKind.Length => (uint)argument.Length,
                _ => Scalar(parameter, argument),
            };
        }
        accelerator.Launching(Name);
        context.Check(context.Driver.cuLaunchKernel(function, (uint)groups.X, (uint)groups.Y, (uint)groups.Z, (uint)size.X, (uint)size.Y, (uint)size.Z,
            dynamicShared, accelerator.Stream, places, null), Name);
        // Until here a buffer that nobody else refers to must not give its memory to others.
        foreach (ref readonly KernelArgument argument in arguments) GC.KeepAlive(argument.Buffer);
    }

    // Numbers narrower than 32 bits are parameters of 32, extended as C# does.
    private static ulong Scalar(in KernelParameter parameter, in KernelArgument argument)
    {
        long bits = argument.Bits;
        fixed (byte* bytes = argument.Bytes)
        {
            byte* place = (bytes is null ? (byte*)&bits : bytes) + parameter.ByteOffset;
            return parameter.Type switch
            {
                ScalarType.Bool => *place == 0 ? 0ul : 1,
                ScalarType.UInt8 => *place,
                ScalarType.Int8 => (uint)*(sbyte*)place,
                ScalarType.UInt16 => Unsafe.ReadUnaligned<ushort>(place),
                ScalarType.Int16 => (uint)Unsafe.ReadUnaligned<short>(place),
                ScalarType.Int32 or ScalarType.Float32 => Unsafe.ReadUnaligned<uint>(place),
                _ => Unsafe.ReadUnaligned<ulong>(place),
            };
        }
    }

    private int Attribute(int attribute)
    {
        int value;
        context.Check(context.Driver.cuFuncGetAttribute(&value, attribute, function), Name);
        return value;
    }
}
