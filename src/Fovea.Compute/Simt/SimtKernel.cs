using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;

namespace Fovea.Compute.Simt;

/// <summary>A kernel as plain .NET: a method that fetches the arguments from a block of memory and calls the kernel.</summary>
internal sealed unsafe class SimtKernel : Kernel
{
    // Every argument begins on a multiple of this, which is also the size of a view.
    private const int Slot = 16;

    private readonly SimtAccelerator accelerator;
    private readonly SimtLaunch launch;
    private readonly Parameter[] parameters;
    private readonly byte[] block;

    public SimtKernel(SimtAccelerator accelerator, KernelSource source) : base(source)
    {
        this.accelerator = accelerator;
        var call = new DynamicMethod(source.Name, null, [typeof(byte*)], typeof(SimtKernel).Module, skipVisibility: true);
        ILGenerator code = call.GetILGenerator();
        var launched = new List<Parameter>();
        var constants = new List<(int Offset, MethodInfo Store, object Value)>();
        int offset = 0;
        foreach (ParameterInfo parameter in source.Method.GetParameters())
        {
            Type type = parameter.ParameterType;
            bool isView = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
            int size = Size(type, parameter);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldc_I4, offset);
            code.Emit(OpCodes.Add);
            code.Emit(OpCodes.Ldobj, type);
            if (KernelSource.IsConstant(parameter)) constants.Add((offset, StoreMethod.MakeGenericMethod(type), source.Constants[constants.Count]));
            else launched.Add(Parameter.Of(parameter, offset, isView ? type.GetGenericArguments()[0] : null, isView ? Size(type.GetGenericArguments()[0], parameter) : size));
            offset += (size + Slot - 1) / Slot * Slot;
        }
        code.Emit(OpCodes.Call, source.Method);
        code.Emit(OpCodes.Ret);
        parameters = [.. launched];
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
        if (arguments.Length != parameters.Length)
            throw new ArgumentException($"{Source} takes {parameters.Length} arguments, not {arguments.Length}.", nameof(arguments));
        lock (accelerator.Gate)
        {
            for (int i = 0; i < parameters.Length; i++) Fetch(parameters[i], arguments[i], launch.Arguments + parameters[i].Offset);
            launch.Groups = groups;
            accelerator.Run(launch);
        }
    }

    private void Fetch(Parameter parameter, in KernelArgument argument, byte* target)
    {
        if (parameter.IsView != argument.Buffer is not null)
            throw Wrong(parameter, parameter.IsView ? $"is a view of {parameter.TypeName}, but a value was given" : $"is a {parameter.TypeName}, but a view was given");
        if (argument.Buffer is null)
        {
            if (argument.Size != parameter.Size) throw Wrong(parameter, $"is a {parameter.TypeName} of {parameter.Size} bytes, but {argument.Size} bytes were given");
            if (argument.Bytes is null) Unsafe.WriteUnaligned(target, argument.Bits);
            else argument.Bytes.CopyTo(new Span<byte>(target, parameter.Size));
            return;
        }
        if (argument.Buffer is not HostBuffer buffer) throw Wrong(parameter, $"was given a {argument.Buffer.GetType().Name}, which is not this device's memory");
        if (argument.Offset < 0 || argument.Length < 0 || argument.Offset + ((long)argument.Length * parameter.Size) > buffer.Length)
            throw Wrong(parameter, $"was given {argument.Length} × {parameter.TypeName} from byte {argument.Offset} on, past the end of a buffer of {buffer.Length} bytes");
        if (argument.Offset % parameter.Alignment != 0)
            throw Wrong(parameter, $"begins at byte {argument.Offset}; a view of {parameter.TypeName} must begin on a multiple of {parameter.Alignment} bytes");
        *(byte**)target = buffer.Pointer + argument.Offset;
        *(int*)(target + sizeof(byte*)) = argument.Length;
    }

    private ArgumentException Wrong(Parameter parameter, string what) => new($"{Source}: parameter '{parameter.Name}' {what}.", "arguments");

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

    /// <param name="Name">What it is called in the kernel.</param>
    /// <param name="TypeName">The type of the value, or of a view's elements.</param>
    /// <param name="Offset">Where it lies in the block of arguments.</param>
    /// <param name="IsView">Whether it is a view.</param>
    /// <param name="Size">Bytes of the value, or of a view's element.</param>
    /// <param name="Alignment">What a view's offset must be a multiple of.</param>
    private sealed record Parameter(string Name, string TypeName, int Offset, bool IsView, int Size, int Alignment)
    {
        public static Parameter Of(ParameterInfo parameter, int offset, Type? element, int size)
        {
            Type type = element ?? parameter.ParameterType;
            bool isWhole = type.IsPrimitive || type.IsDefined(typeof(VectorAttribute));
            return new(parameter.Name ?? "?", type.Name, offset, element is not null, size, isWhole ? size : 1);
        }
    }
}
