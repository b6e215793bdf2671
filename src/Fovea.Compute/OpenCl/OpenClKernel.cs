using Fovea.Compute.Compiler;
using static Fovea.Compute.OpenCl.OpenClNative;

namespace Fovea.Compute.OpenCl;

/// <summary>A kernel that is ready to launch on an OpenCL device. Many threads may launch it.</summary>
public sealed unsafe class OpenClKernel : DriverKernel
{
    private readonly Lock gate = new();
    private readonly OpenClAccelerator accelerator;
    private readonly KernelHandle handle;

    internal OpenClKernel(KernelSource source, OpenClAccelerator accelerator, ProgramHandle program, CompiledKernel compiled) : base(source, compiled)
    {
        this.accelerator = accelerator;
        handle = clCreateKernel(program, compiled.EntryPoint, out int error);
        OpenClException.Check(error, accelerator.Info.Name, Name, nameof(clCreateKernel));
        nuint limit;
        OpenClException.Check(clGetKernelWorkGroupInfo(handle, accelerator.Device.Handle, KernelWorkGroupSize, (nuint)sizeof(nuint), &limit, null), accelerator.Info.Name, Name);
        if (compiled.GroupSize.Count <= (long)limit) return;
        handle.Dispose();
        throw new AcceleratorException($"{accelerator.Info.Name}: the kernel {Name} has groups of {compiled.GroupSize} threads, but its registers allow {limit} there.");
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An argument is missing, of another kind, out of its buffer's bounds, or of another device.</exception>
    /// <exception cref="OpenClException">The driver refuses the launch.</exception>
    public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (Enqueue(accelerator.Queue, groups, arguments, null)) accelerator.FlushNowAndThen();
    }

    /// <inheritdoc/>
    public override TimeSpan Measure(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        accelerator.Synchronize();
        nint done;
        if (!Enqueue(accelerator.ProfilingQueue, groups, arguments, &done)) return TimeSpan.Zero;
        try
        {
            ulong start, end;
            OpenClException.Check(clWaitForEvents(1, &done), accelerator.Info.Name, Name);
            OpenClException.Check(clGetEventProfilingInfo(done, CommandStart, sizeof(ulong), &start, null), accelerator.Info.Name, Name);
            OpenClException.Check(clGetEventProfilingInfo(done, CommandEnd, sizeof(ulong), &end, null), accelerator.Info.Name, Name);
            return TimeSpan.FromMicroseconds((end - start) / 1000.0);
        }
        finally
        {
            _ = clReleaseEvent(done);
        }
    }

    internal override void Release() => handle.Dispose();

    // False if there is nothing to do. Arguments are state of the kernel, hence the lock; a launch takes a copy of them.
    private bool Enqueue(QueueHandle queue, Dim3 groups, ReadOnlySpan<KernelArgument> arguments, nint* done)
    {
        if (!Check(groups, arguments)) return false;
        Dim3 size = Compiled.GroupSize;
        nuint* local = stackalloc nuint[] { (nuint)size.X, (nuint)size.Y, (nuint)size.Z };
        nuint* global = stackalloc nuint[] { (nuint)((long)groups.X * size.X), (nuint)((long)groups.Y * size.Y), (nuint)((long)groups.Z * size.Z) };
        lock (gate)
        {
            for (int i = 0; i < Parameters.Length; i++) SetArgument((uint)i, Parameters[i], arguments[Parameters[i].Argument]);
            OpenClException.Check(clEnqueueNDRangeKernel(queue, handle, 3, null, global, local, 0, null, done), accelerator.Info.Name, Name);
        }
        // Until here a buffer that nobody else refers to must not give its memory to others.
        foreach (ref readonly KernelArgument argument in arguments) GC.KeepAlive(argument.Buffer);
        return true;
    }

    private void SetArgument(uint index, in KernelParameter parameter, in KernelArgument argument)
    {
        int code;
        switch (parameter.Kind)
        {
            case KernelParameterKind.Buffer:
                nint buffer = accelerator.HandleOf(argument.Buffer!);
                code = clSetKernelArg(handle, index, (nuint)sizeof(nint), &buffer);
                break;
            case KernelParameterKind.Offset:
                long offset = argument.Offset;
                code = clSetKernelArg(handle, index, sizeof(long), &offset);
                break;
            case KernelParameterKind.Length:
                int length = argument.Length;
                code = clSetKernelArg(handle, index, sizeof(int), &length);
                break;
            case KernelParameterKind.Scalar:
                long bits = argument.Bits;
                fixed (byte* bytes = argument.Bytes) code = clSetKernelArg(handle, index, Size(parameter.Type), (bytes is null ? (byte*)&bits : bytes) + parameter.ByteOffset);
                break;
            default: throw new NotSupportedException($"OpenCL kernels have no {parameter.Kind} Parameters.");
        }
        OpenClException.Check(code, accelerator.Info.Name, Name, nameof(clSetKernelArg));
    }

    private static nuint Size(ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.Int8 or ScalarType.UInt8 => 1,
        ScalarType.Int16 or ScalarType.UInt16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        _ => 8,
    };
}
