using System.Reflection;
using Fovea.Compute.Dialect;

namespace Fovea.Compute;

/// <summary>Sizes along three axes.</summary>
/// <param name="X">Along x.</param>
/// <param name="Y">Along y.</param>
/// <param name="Z">Along z.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>The product.</summary>
    public long Count => (long)X * Y * Z;

    /// <inheritdoc/>
    public override string ToString() => Z == 1 ? Y == 1 ? $"{X}" : $"{X}×{Y}" : $"{X}×{Y}×{Z}";
}

/// <summary>A kernel method, closed over its types and constants: what one compilation works on.</summary>
public sealed class KernelSource
{
    /// <summary>Describes a kernel.</summary>
    /// <param name="method">A static method with <see cref="KernelAttribute"/>, without open type parameters.</param>
    /// <param name="groupSize">The size of a group; null for the attribute's.</param>
    /// <param name="constants">The values of the parameters marked with <see cref="ConstantAttribute"/>, in their order.</param>
    /// <exception cref="ArgumentException">The method is no kernel, or the constants are not those it asks for.</exception>
    public KernelSource(MethodInfo method, Dim3? groupSize = null, params IReadOnlyList<object> constants)
    {
        if (!method.IsStatic || method.ReturnType != typeof(void)) throw new ArgumentException($"{Describe(method)} is no kernel: a kernel is a static method that returns nothing.", nameof(method));
        if (method.ContainsGenericParameters) throw new ArgumentException($"{Describe(method)} has open type parameters. Give each of them a type.", nameof(method));
        KernelAttribute attribute = method.GetCustomAttribute<KernelAttribute>()
            ?? throw new ArgumentException($"{Describe(method)} is no kernel: it is not marked [Kernel].", nameof(method));
        if (groupSize is null && attribute.GroupSize == 0) throw new ArgumentException($"{Describe(method)} leaves its group size open. Give one.", nameof(groupSize));
        Method = method;
        GroupSize = groupSize ?? new Dim3(attribute.GroupSize);
        ParameterInfo[] wanted = [.. method.GetParameters().Where(IsConstant)];
        if (wanted.Length != constants.Count) throw new ArgumentException($"{Describe(method)} has {wanted.Length} constant parameters, but {constants.Count} values were given.", nameof(constants));
        for (int i = 0; i < wanted.Length; i++)
        {
            if (constants[i].GetType() != wanted[i].ParameterType)
                throw new ArgumentException($"{Describe(method)}: the constant '{wanted[i].Name}' is a {wanted[i].ParameterType.Name}, not a {constants[i].GetType().Name}.", nameof(constants));
        }
        Constants = [.. constants];
    }

    /// <summary>The method.</summary>
    public MethodInfo Method { get; }

    /// <summary>Threads of a group.</summary>
    public Dim3 GroupSize { get; }

    /// <summary>The values of the constant parameters, in order.</summary>
    public IReadOnlyList<object> Constants { get; }

    /// <summary>The parameters that a launch gives arguments for, in order.</summary>
    public IEnumerable<ParameterInfo> LaunchParameters => Method.GetParameters().Where(parameter => !IsConstant(parameter));

    /// <summary>What it is called in plans, errors and listings.</summary>
    public string Name => Describe(Method);

    /// <summary>Describes a kernel by its method: <c>KernelSource.Of(Activations.LeakyRelu)</c>.</summary>
    public static KernelSource Of(Delegate kernel, Dim3? groupSize = null, params IReadOnlyList<object> constants) => new(kernel.Method, groupSize, constants);

    /// <summary>Whether a parameter's value is given while compiling.</summary>
    public static bool IsConstant(ParameterInfo parameter) => parameter.IsDefined(typeof(ConstantAttribute));

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Describe(MethodInfo method) =>
        $"{method.DeclaringType?.Name}.{method.Name}{(method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Describe))}>" : "")}";

    private static string Describe(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Describe))}>" : type.Name;
}
