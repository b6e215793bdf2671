using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.Compute.Compiler;

/// <summary>What distinguishes one kernel from another: the method with its types, the size of a group, and the constants by value.</summary>
/// <param name="Method">The closed method.</param>
/// <param name="GroupSize">Threads of a group.</param>
/// <param name="Constants">The constants' types and values, spelled out.</param>
internal readonly record struct KernelIdentity(MethodInfo Method, Dim3 GroupSize, string Constants)
{
    private static readonly ConcurrentDictionary<Assembly, string[]> Versions = [];

    public static KernelIdentity Of(KernelSource source)
    {
        var text = new StringBuilder();
        foreach (object constant in source.Constants) Spell(constant, text);
        return new(source.Method, source.GroupSize, text.ToString());
    }

    /// <summary>
    /// A name that is the same in another process, and another one after any code that the kernel may call was changed: it covers
    /// the versions of all assemblies that those of the method and its types refer to.
    /// </summary>
    /// <param name="target">The device, its compiler and the options.</param>
    /// <param name="compilerVersion">The version of the kernel compiler.</param>
    public string Key(string target, int compilerVersion)
    {
        Type[] types = [Method.DeclaringType!, .. Method.GetGenericArguments(), .. Method.GetParameters().Select(parameter => parameter.ParameterType)];
        IEnumerable<string> versions = types.SelectMany(Assemblies).Append(typeof(KernelIdentity).Assembly).Distinct()
            .SelectMany(assembly => Versions.GetOrAdd(assembly, Closure)).Distinct().Order(StringComparer.Ordinal);
        string text = string.Join('\n', [Method.DeclaringType!.AssemblyQualifiedName!, Method.ToString()!, $"{Method.MetadataToken:x8}",
            .. Method.GetGenericArguments().Select(type => type.AssemblyQualifiedName!), GroupSize.ToString(), Constants, target, $"{compilerVersion}", .. versions]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    // Fields one by one: no padding, and -0 and NaN as they are.
    private static void Spell(object value, StringBuilder text)
    {
        Type type = value.GetType();
        text.Append(type.FullName).Append('=');
        if (type.IsEnum) text.Append(Enum.Format(type, value, "D"));
        else if (value is float single) text.Append(BitConverter.SingleToUInt32Bits(single).ToString("x8"));
        else if (value is double number) text.Append(BitConverter.DoubleToUInt64Bits(number).ToString("x16"));
        else if (type.IsPrimitive) text.Append(FormattableString.Invariant($"{value}"));
        else if (type.IsDefined(typeof(InlineArrayAttribute)) || type.IsDefined(typeof(UnsafeValueTypeAttribute)))
        {
            // Arrays inside of structs show one field only.
            text.Append(typeof(KernelIdentity).GetMethod(nameof(Hex), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(null, [value]));
        }
        else
        {
            text.Append('{');
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)) Spell(field.GetValue(value)!, text.Append(field.Name).Append(':'));
            text.Append('}');
        }
        text.Append(';');
    }

    private static string Hex<T>(T value)
        where T : unmanaged => Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)));

    private static IEnumerable<Assembly> Assemblies(Type type) =>
        type.HasElementType ? Assemblies(type.GetElementType()!) : [type.Assembly, .. type.GetGenericArguments().SelectMany(Assemblies)];

    private static string[] Closure(Assembly root)
    {
        HashSet<Assembly> seen = [root];
        var open = new Queue<Assembly>(seen);
        while (open.TryDequeue(out Assembly? assembly))
        {
            foreach (AssemblyName name in assembly.GetReferencedAssemblies())
            {
                // The framework's own code is not translated.
                if (name.Name is null || name.Name.StartsWith("System") || name.Name.StartsWith("Microsoft") || name.Name is "netstandard" or "mscorlib") continue;
                try
                {
                    Assembly? next = AssemblyLoadContext.GetLoadContext(assembly)?.LoadFromAssemblyName(name);
                    if (next is not null && seen.Add(next)) open.Enqueue(next);
                }
                catch (Exception exception) when (exception is IOException or BadImageFormatException)
                {
                    // A kernel cannot call what is not there.
                }
            }
        }
        return [.. seen.Select(assembly => $"{assembly.GetName().Name} {assembly.ManifestModule.ModuleVersionId}")];
    }
}
