using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Devices;

/// <summary>Calls ILGPU's typed launcher of a kernel with arguments whose types are known only at run time. Allocates nothing.</summary>
internal static class KernelLauncher
{
    /// <summary>A launch.</summary>
    public delegate void Invoke(AcceleratorStream stream, KernelConfig config, ReadOnlySpan<KernelArgument> arguments);

    private static readonly MethodInfo ViewMethod = typeof(KernelLauncher)
        .GetMethod(nameof(View), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo ValueMethod = typeof(KernelLauncher)
        .GetMethod(nameof(Value), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Makes the launcher of a kernel.</summary>
    /// <param name="kernel">The kernel, loaded.</param>
    /// <param name="source">What it is.</param>
    public static Invoke Create(Kernel kernel, KernelSource source)
    {
        Type[] parameters = [.. source.LaunchParameters.Select(parameter => parameter.ParameterType)];
        Type typed = Expression.GetDelegateType([typeof(AcceleratorStream), typeof(KernelConfig), .. parameters, typeof(void)]);
        Delegate launch = (Delegate)typeof(Kernel).GetMethod(nameof(Kernel.CreateLauncherDelegate))!.MakeGenericMethod(typed)
            .Invoke(kernel, null)!;
        var method = new DynamicMethod(
            $"Launch {source.Name}", typeof(void),
                [typed, typeof(AcceleratorStream), typeof(KernelConfig), typeof(ReadOnlySpan<KernelArgument>)],
            typeof(KernelLauncher).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        LoadArguments(il, OpCodes.Ldarg_3, parameters);
        il.Emit(OpCodes.Callvirt, typed.GetMethod(nameof(Action.Invoke))!);
        il.Emit(OpCodes.Ret);
        return (Invoke)method.CreateDelegate(typeof(Invoke), launch);
    }

    /// <summary>Makes what calls the method of a kernel in the calling thread.</summary>
    /// <param name="method">The method.</param>
    public static DebugLanes.Lane CreateCall(MethodInfo method)
    {
        Type[] parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        var call = new DynamicMethod(
            $"Run {method.Name}", typeof(void), [typeof(object), typeof(ReadOnlySpan<KernelArgument>)], typeof(KernelLauncher).Module,
            skipVisibility: true);
        ILGenerator il = call.GetILGenerator();
        LoadArguments(il, OpCodes.Ldarg_1, parameters);
        il.Emit(OpCodes.Call, method);
        il.Emit(OpCodes.Ret);
        return call.CreateDelegate<DebugLanes.Lane>(null);
    }

    /// <summary>Whether a parameter is a view of the device's memory.</summary>
    public static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    private static void LoadArguments(ILGenerator il, OpCode arguments, Type[] parameters)
    {
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(arguments);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Call, IsView(parameters[i]) ? ViewMethod.MakeGenericMethod(parameters[i].GetGenericArguments())
                : ValueMethod.MakeGenericMethod(parameters[i]));
        }
    }

    private static ArrayView<T> View<T>(ReadOnlySpan<KernelArgument> arguments, int index)
        where T : unmanaged
    {
        ref readonly KernelArgument argument = ref arguments[index];
        return new(((GpuBuffer)argument.Buffer!).Memory, argument.Offset / Unsafe.SizeOf<T>(), argument.Length);
    }

    private static T Value<T>(ReadOnlySpan<KernelArgument> arguments, int index)
        where T : unmanaged
    {
        ref readonly KernelArgument argument = ref arguments[index];
        if (argument.Bytes is { } bytes) return MemoryMarshal.Read<T>(bytes);
        long bits = argument.Bits;
        return Unsafe.As<long, T>(ref bits);
    }
}
