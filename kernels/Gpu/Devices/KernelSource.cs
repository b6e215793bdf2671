using System.Globalization;
using System.Reflection;
using ILGPU.Runtime;

namespace Fovea.Gpu.Devices;

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

/// <summary>A kernel method, closed over its types and specialized values: what one compilation works on.</summary>
public sealed class KernelSource
{
    /// <summary>Describes a kernel.</summary>
    /// <param name="method">A static method that ILGPU takes as an explicitly grouped kernel, without open type parameters.</param>
    /// <param name="groupSize">Threads of a group.</param>
    /// <param name="values">The values of the parameters of type <see cref="SpecializedValue{T}"/>, in their order.</param>
    /// <exception cref="ArgumentException">The method is no kernel, or the values are not those it asks for.</exception>
    public KernelSource(MethodInfo method, Dim3 groupSize, params IReadOnlyList<object> values)
    {
        if (!method.IsStatic || method.ReturnType != typeof(void))
            throw new ArgumentException(
                $"{Describe(method)} is no kernel: a kernel is a static method that returns nothing.", nameof(method));
        if (method.ContainsGenericParameters)
            throw new ArgumentException($"{Describe(method)} has open type parameters. Give each of them a type.", nameof(method));
        if (groupSize.X < 1 || groupSize.Y < 1 || groupSize.Z < 1)
            throw new ArgumentException($"{Describe(method)}: a group of {groupSize} threads is empty.", nameof(groupSize));
        Method = method;
        GroupSize = groupSize;
        ParameterInfo[] specialized = [.. method.GetParameters().Where(IsSpecialized)];
        if (specialized.Length != values.Count)
            throw new ArgumentException(
                $"{Describe(method)} has {specialized.Length} specialized parameters, but {values.Count} values were given.",
                nameof(values));
        for (int i = 0; i < specialized.Length; i++)
        {
            Type type = specialized[i].ParameterType.GetGenericArguments()[0];
            if (values[i].GetType() != type)
                throw new ArgumentException(
                    $"{Describe(method)}: '{specialized[i].Name}' is a {type.Name}, not a {values[i].GetType().Name}.", nameof(values));
        }
        Values = [.. values];
        Identity = (method, groupSize, string.Join(", ", Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))));
    }

    /// <summary>The method.</summary>
    public MethodInfo Method { get; }

    /// <summary>Threads of a group.</summary>
    public Dim3 GroupSize { get; }

    /// <summary>The specialized values, in the order of their parameters.</summary>
    public IReadOnlyList<object> Values { get; }

    /// <summary>The parameters that a launch gives arguments for, in order.</summary>
    public IEnumerable<ParameterInfo> LaunchParameters => Method.GetParameters().Where(parameter => !IsSpecialized(parameter));

    /// <summary>What it is called in plans, errors and listings.</summary>
    public string Name => Describe(Method);

    /// <summary>The same for two sources if and only if they give the same kernel.</summary>
    internal (MethodInfo Method, Dim3 GroupSize, string Values) Identity { get; }

    /// <summary>Describes a kernel by its method: <c>KernelSource.Of(Activations.LeakyRelu, new Dim3(256))</c>.</summary>
    public static KernelSource Of(Delegate kernel, Dim3 groupSize, params IReadOnlyList<object> values) =>
        new(kernel.Method, groupSize, values);

    /// <summary>Whether a parameter's value is given while compiling.</summary>
    public static bool IsSpecialized(ParameterInfo parameter) =>
        parameter.ParameterType.IsGenericType && parameter.ParameterType.GetGenericTypeDefinition() == typeof(SpecializedValue<>);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Describe(MethodInfo method) =>
        $"{method.DeclaringType?.Name}.{method.Name}"
        + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Describe))}>" : "");

    private static string Describe(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Describe))}>" : type.Name;
}
