using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Fovea.Compute.Memory;

namespace Fovea.Compute.Simt;

/// <summary>A kernel as plain .NET: a method that fetches the arguments from a block of memory and calls the kernel.</summary>
internal sealed unsafe class SimtKernel : Kernel
{
    // Every argument begins on a multiple of this, which is also the size of a view.
    private const int Slot = 16;

    private readonly SimtAccelerator accelerator;
    private readonly SimtLaunch launch;
    private readonly LaunchSignature signature;
    // Where the arguments of a launch lie in the block.
    private readonly int[] offsets;
    private readonly byte[] block;

    public SimtKernel(SimtAccelerator accelerator, KernelSource source) : base(source)
    {
        this.accelerator = accelerator;
        var call = new DynamicMethod(source.Name, null, [typeof(byte*)], typeof(SimtKernel).Module, skipVisibility: true);
        ILGenerator code = call.GetILGenerator();
        var launched = new List<int>();
        var constants = new List<(int Offset, MethodInfo Store, object Value)>();
        int offset = 0;
        foreach (ParameterInfo parameter in source.Method.GetParameters())
        {
            Type type = parameter.ParameterType;
            int size = Size(type, parameter);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldc_I4, offset);
            code.Emit(OpCodes.Add);
            code.Emit(OpCodes.Ldobj, type);
            if (KernelSource.IsConstant(parameter)) constants.Add((offset, StoreMethod.MakeGenericMethod(type), source.Constants[constants.Count]));
            else launched.Add(offset);
            offset += (size + Slot - 1) / Slot * Slot;
        }
        code.Emit(OpCodes.Call, source.Method);
        code.Emit(OpCodes.Ret);
        offsets = [.. launched];
        signature = new LaunchSignature(source);
        block = GC.AllocateArray<byte>(Math.Max(offset, Slot), pinned: true);
        byte* arguments = (byte*)Unsafe.AsPointer(ref block[0]);
        foreach ((int at, MethodInfo store, object value) in constants) store.Invoke(null, [(nint)(arguments + at), value]);
        launch = new(source.Name, source.GroupSize, call.CreateDelegate<KernelBody>(), arguments);
    }

    private static MethodInfo StoreMethod { get; } = typeof(SimtKernel).GetMethod(nameof(Store), BindingFlags.NonPublic | BindingFlags.Static)!;

    private static MethodInfo SizeMethod { get; } = typeof(SimtKernel).GetMethod(nameof(SizeOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <inheritdoc/>
    public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (groups.X < 0 || groups.Y < 0 || groups.Z < 0) throw new ArgumentOutOfRangeException(nameof(groups), $"{Source} cannot be launched with {groups} groups.");
        signature.Check(arguments);
        lock (accelerator.Gate)
        {
            for (int i = 0; i < offsets.Length; i++) Fetch(i, arguments[i], launch.Arguments + offsets[i]);
            launch.Groups = groups;
            accelerator.Run(launch);
        }
    }

    private void Fetch(int index, in KernelArgument argument, byte* target)
    {
        if (argument.Buffer is HostBuffer buffer)
        {
            *(byte**)target = buffer.Pointer + argument.Offset;
            *(int*)(target + sizeof(byte*)) = argument.Length;
        }
        else if (argument.Buffer is not null) throw signature.Wrong(index, $"a {argument.Buffer.GetType().Name} was given, which is not this device's memory");
        else if (argument.Bytes is null) Unsafe.WriteUnaligned(target, argument.Bits);
        else argument.Bytes.CopyTo(new Span<byte>(target, argument.Bytes.Length));
    }

    private static int Size(Type type, ParameterInfo parameter)
    {
        // A type argument cannot be a reference to a variable or a span, and views and numbers hold no objects.
        int size = type.IsValueType && !type.IsByRefLike ? (int)SizeMethod.MakeGenericMethod(type).Invoke(null, null)! : 0;
        return size > 0 ? size : throw new Compiler.KernelCompilationException(
            $"{parameter.Member.DeclaringType?.Name}.{parameter.Member.Name}: parameter '{parameter.Name}' is a {type.Name}. Kernels take views, numbers and structs of numbers.");
    }

    private static int SizeOf<T>()
        where T : struct => RuntimeHelpers.IsReferenceOrContainsReferences<T>() ? 0 : Unsafe.SizeOf<T>();

    private static void Store<T>(nint target, T value)
        where T : unmanaged => *(T*)target = value;
}
