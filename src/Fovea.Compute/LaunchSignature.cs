using System.Reflection;
using System.Runtime.CompilerServices;
using Fovea.Compute.Dialect;
using Fovea.Compute.Memory;

namespace Fovea.Compute;

/// <summary>Checks a launch's arguments against the kernel's parameters, since a device would not.</summary>
internal sealed class LaunchSignature
{
    private readonly KernelSource source;
    private readonly Parameter[] parameters;

    public LaunchSignature(KernelSource source) => (this.source, parameters) = (source, [.. source.LaunchParameters.Select(Describe)]);

    /// <exception cref="ArgumentException">An argument is missing, of another kind or size, or a view reaches out of its buffer.</exception>
    public void Check(ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != parameters.Length) throw new ArgumentException($"{source.Name} takes {parameters.Length} arguments, not {arguments.Length}.", nameof(arguments));
        for (int i = 0; i < parameters.Length; i++)
        {
            // By reference: an argument is large, and this is on the path of every launch.
            ref readonly KernelArgument argument = ref arguments[i];
            ref readonly Parameter wanted = ref parameters[i];
            if (wanted.IsView != argument.Buffer is not null) throw Wrong(i, wanted.IsView ? "is a view, but a value was given" : "is a value, but a view was given");
            if (argument.Buffer is { } buffer) CheckView(i, wanted, argument, buffer);
            else if (argument.Bytes is { } bytes ? bytes.Length != wanted.Size : wanted.Size > sizeof(long))
                throw Wrong(i, $"has {wanted.Size} bytes, but a value of {argument.Bytes?.Length.ToString() ?? "at most 8"} was given");
        }
    }

    private void CheckView(int index, in Parameter wanted, in KernelArgument argument, DeviceBuffer buffer)
    {
        if (argument.Offset < 0 || argument.Length < 0 || argument.Offset > buffer.Length - (long)argument.Length * wanted.Size)
            throw Wrong(index, $"is given {argument.Length} elements of {wanted.Size} bytes from byte {argument.Offset} on, but the buffer has {buffer.Length} bytes");
        if (argument.Offset % wanted.Alignment != 0) throw Wrong(index, $"must begin on a multiple of {wanted.Alignment} bytes, not at byte {argument.Offset}");
    }

    private ArgumentException Wrong(int index, string problem) => new($"{source.Name}: the parameter '{parameters[index].Name}' {problem}.", "arguments");

    private static Parameter Describe(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        bool isView = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
        if (isView) type = type.GetGenericArguments()[0];
        int size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
        bool isWhole = type.IsPrimitive || type.IsEnum || type.IsDefined(typeof(VectorAttribute));
        return new(parameter.Name!, isView, size, isWhole ? size : 1);
    }

    private readonly record struct Parameter(string Name, bool IsView, int Size, int Alignment);
}
