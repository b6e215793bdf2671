using System.Reflection;
using System.Runtime.CompilerServices;
using Fovea.Core.Memory;
using Fovea.Gpu.Mathematics;
using ILGPU;

namespace Fovea.Gpu.Devices;

/// <summary>Checks a launch's arguments against the kernel's parameters, since a device would not.</summary>
internal sealed class LaunchSignature
{
    private readonly KernelSource source;
    private readonly Parameter[] parameters;

    public LaunchSignature(KernelSource source) => (this.source, parameters) = (source, [.. source.LaunchParameters.Select(Describe)]);

    /// <exception cref="ArgumentException">An argument is missing, of another type, or a view reaches out of its buffer.</exception>
    public void Check(ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != parameters.Length)
            throw new ArgumentException($"{source.Name} takes {parameters.Length} arguments, not {arguments.Length}.", nameof(arguments));
        for (int i = 0; i < parameters.Length; i++)
        {
            // By reference: an argument is large, and this is on the path of every launch.
            ref readonly KernelArgument argument = ref arguments[i];
            ref readonly Parameter wanted = ref parameters[i];
            if (wanted.IsView && argument.Buffer is { } buffer) CheckView(i, wanted, argument, buffer);
            else if (wanted.IsView || argument.Type != wanted.Type) throw Wrong(i, Given(argument));
        }
    }

    /// <summary>An error that says what a parameter wants and what it was given.</summary>
    public ArgumentException Wrong(int index, string given)
    {
        Parameter wanted = parameters[index];
        return new(
            $"{source.Name}: the parameter '{wanted.Name}' is {(wanted.IsView ? "a view of" : "of type")} {wanted.Type.Name}, but {given}.",
            "arguments");
    }

    private void CheckView(int index, in Parameter wanted, in KernelArgument argument, DeviceBuffer buffer)
    {
        if (argument.Offset < 0 || argument.Length < 0 || argument.Offset > buffer.Length - ((long)argument.Length * wanted.Size))
            throw Wrong(
                index, $"it was given {argument.Length} elements of {wanted.Size} bytes from byte {argument.Offset} on "
                    + $"of a buffer of {buffer.Length} bytes");
        if (argument.Offset % wanted.Alignment != 0)
            throw Wrong(index, $"it was given one that begins at byte {argument.Offset}, not on a multiple of {wanted.Alignment} bytes");
    }

    private static string Given(in KernelArgument argument) =>
        argument.Buffer is not null ? "a view was given" : argument.Type is null ? "nothing was given"
            : $"a value of type {argument.Type.Name} was given";

    private static Parameter Describe(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        bool isView = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
        if (isView) type = type.GetGenericArguments()[0];
        int size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
        bool isWhole = type.IsPrimitive || type.IsEnum || type == typeof(Float4);
        return new(parameter.Name!, isView, type, size, isWhole ? size : 1);
    }

    /// <param name="Name">What it is called in the kernel.</param>
    /// <param name="IsView">Whether it is a view.</param>
    /// <param name="Type">The type of the value, or of a view's elements.</param>
    /// <param name="Size">Bytes of the value, or of a view's element.</param>
    /// <param name="Alignment">What a view's offset must be a multiple of.</param>
    private readonly record struct Parameter(string Name, bool IsView, Type Type, int Size, int Alignment);
}
