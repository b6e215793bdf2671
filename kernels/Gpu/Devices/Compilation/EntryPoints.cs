using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>
/// Writes entry points in IL: static methods that call a kernel with its specialized values as constants. ILGPU inlines the kernel
/// there, so that loops over the values have constant bounds and branches on them vanish.
/// </summary>
/// <remarks>ILGPU's own loaders specialize as well, but only with its own optimisations, which do not unroll loops.</remarks>
internal static class EntryPoints
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, ModuleBuilder> Modules = [];
    private static int Written;

    /// <summary>The entry point of a kernel: the kernel itself if it has no specialized values.</summary>
    public static MethodInfo Of(KernelSource source) => source.Values.Count == 0 ? source.Method : Write(source, device: 0);

    /// <summary>
    /// An entry point that hands exceptions to <see cref="DebugFault"/>, for ILGPU's CPU accelerator: there they would end the process.
    /// </summary>
    /// <param name="source">The kernel.</param>
    /// <param name="device">The number of the device; not 0.</param>
    public static MethodInfo Guarded(KernelSource source, int device) => Write(source, device);

    /// <summary>Defines a static method of this assembly.</summary>
    /// <param name="type">The name of its class, of which there is one for each name.</param>
    /// <param name="name">Its name.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="used">Assemblies whose internal methods and types it uses.</param>
    /// <param name="body">Writes its body.</param>
    public static MethodInfo Define(string type, string name, Type[] parameters, IEnumerable<Assembly> used, Action<ILGenerator> body)
    {
        lock (Gate)
        {
            TypeBuilder builder = Module(used).DefineType(type, TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
            MethodBuilder method = builder.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(void), parameters);
            body(method.GetILGenerator());
            return builder.CreateType().GetMethod(name)!;
        }
    }

    // A module for each set of assemblies whose internal methods and types it may use.
    private static ModuleBuilder Module(IEnumerable<Assembly> used)
    {
        string[] names = [.. used.Select(assembly => assembly.GetName().Name!).Distinct().Order(StringComparer.Ordinal)];
        string key = string.Join(' ', names);
        if (Modules.TryGetValue(key, out ModuleBuilder? known)) return known;
        ConstructorInfo ignore = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;
        AssemblyBuilder assembly = AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName($"Fovea.Gpu.EntryPoints{Modules.Count}"), AssemblyBuilderAccess.Run,
                names.Select(name => new CustomAttributeBuilder(ignore, [name])));
        return Modules[key] = assembly.DefineDynamicModule("EntryPoints");
    }

    private static IEnumerable<Assembly> Used(MethodInfo method) =>
        method.GetGenericArguments().Concat(method.DeclaringType!.GetGenericArguments()).SelectMany(Used).Append(method.Module.Assembly);

    private static IEnumerable<Assembly> Used(Type type) => type.GetGenericArguments().SelectMany(Used).Append(type.Assembly);

    private static MethodInfo Write(KernelSource source, int device)
    {
        ParameterInfo[] parameters = source.Method.GetParameters();
        string type = $"{source.Method.DeclaringType!.Name.Split('`')[0]}{Interlocked.Increment(ref Written)}";
        return Define(
            type, source.Method.Name, [.. source.LaunchParameters.Select(parameter => parameter.ParameterType)], Used(source.Method), il =>
        {
            if (device != 0)
            {
                il.BeginExceptionBlock();
                il.Emit(OpCodes.Ldc_I4, device);
                il.Emit(OpCodes.Call, typeof(DebugFault).GetMethod(nameof(DebugFault.Enter))!);
            }
            for (int i = 0, argument = 0, value = 0; i < parameters.Length; i++)
            {
                if (KernelSource.IsSpecialized(parameters[i])) Specialize(il, parameters[i].ParameterType, source.Values[value++]);
                else il.Emit(OpCodes.Ldarg, (short)argument++);
            }
            il.Emit(OpCodes.Call, source.Method);
            if (device != 0)
            {
                il.BeginCatchBlock(typeof(Exception));
                il.Emit(OpCodes.Call, typeof(DebugFault).GetMethod(nameof(DebugFault.Report))!);
                il.EndExceptionBlock();
            }
            il.Emit(OpCodes.Ret);
        });
    }

    private static void Specialize(ILGenerator il, Type type, object value)
    {
        switch (value)
        {
            case int number:
                il.Emit(OpCodes.Ldc_I4, number);
                break;
            case float number:
                il.Emit(OpCodes.Ldc_R4, number);
                break;
            case bool flag:
                il.Emit(flag ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                break;
            default:
                throw new NotSupportedException($"A specialized value may be an int, a float or a bool, not a {value.GetType().Name}.");
        }
        il.Emit(OpCodes.Newobj, type.GetConstructor([value.GetType()])!);
    }
}
