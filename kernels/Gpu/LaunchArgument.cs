using System.Runtime.CompilerServices;
using Fovea.Gpu.Devices;
using ILGPU;
using ILGPU.Runtime;
using static System.FormattableString;

namespace Fovea.Gpu;

/// <summary>Which memory of a step a view lies in.</summary>
internal enum LaunchMemory
{
    /// <summary>No view: a value.</summary>
    None,

    /// <summary>One of the inputs.</summary>
    Input,

    /// <summary>One of the outputs.</summary>
    Output,

    /// <summary>The scratch memory.</summary>
    Scratch,
}

/// <summary>
/// An argument of a launch in <see cref="KernelLaunches"/>: a tensor, scratch memory, or a value of exactly the parameter's type.
/// Numbers convert by themselves.
/// </summary>
public readonly struct LaunchArgument
{
    private readonly Type? type;

    private LaunchArgument(Type type, object value, KernelArgument packed) => (this.type, Value, Packed) = (type, value, packed);

    private LaunchArgument(LaunchMemory memory, int index, long offset, long bytes, Type type) =>
        (Memory, Index, Offset, Bytes, this.type) = (memory, index, offset, bytes, type);

    internal LaunchMemory Memory { get; }

    internal int Index { get; }

    internal long Offset { get; }

    internal long Bytes { get; }

    internal object? Value { get; }

    internal KernelArgument Packed { get; }

    /// <summary>How many elements the kernel sees; of a view that was given to a parameter.</summary>
    internal int Length { get; private init; }

    /// <summary>A number, or a struct of numbers.</summary>
    public static LaunchArgument Of<T>(T value)
        where T : unmanaged => new(typeof(T), value, KernelArgument.Of(value));

    /// <summary>An <c>int</c>.</summary>
    public static implicit operator LaunchArgument(int value) => Of(value);

    /// <summary>A <c>float</c>.</summary>
    public static implicit operator LaunchArgument(float value) => Of(value);

    /// <summary>A <c>bool</c>, for a specialized parameter.</summary>
    public static implicit operator LaunchArgument(bool value) => Of(value);

    internal static LaunchArgument View(LaunchMemory memory, int index, long offset, long bytes, Type element) =>
        new(memory, index, offset, bytes, element);

    /// <summary>What is wrong with it for a parameter, as the end of a sentence; null if nothing is.</summary>
    internal string? Mismatch(Type parameter)
    {
        if (type is null) return "was given nothing";
        bool wantsView = Is(parameter, typeof(ArrayView<>)), isView = Memory != LaunchMemory.None;
        Type wanted = wantsView || Is(parameter, typeof(SpecializedValue<>)) ? parameter.GetGenericArguments()[0] : parameter;
        if (wantsView && isView) return MismatchOfView(wanted);
        return !wantsView && !isView && wanted == type
            ? null
            : $"is {(wantsView ? "a view of" : "of type")} {wanted.Name}, but {(isView ? "a view" : "a value")} of {type.Name} was given";
    }

    /// <summary>The same for a parameter that it fits.</summary>
    internal LaunchArgument As(Type parameter) =>
        Is(parameter, typeof(ArrayView<>)) ? this with { Length = (int)(Bytes / SizeOf(parameter.GetGenericArguments()[0])) } : this;

    // A struct is taken for one of such elements, as Float4 is for four floats.
    private string? MismatchOfView(Type wanted)
    {
        if (wanted != type && (wanted.IsPrimitive || Memory == LaunchMemory.Scratch))
            return $"is a view of {wanted.Name}, but one of {type!.Name} was given";
        int size = SizeOf(wanted);
        if (Bytes % size != 0) return Invariant($"is a view of {wanted.Name} with {size} bytes each, but {Bytes} bytes were given");
        return Bytes / size > int.MaxValue ? Invariant($"would have {Bytes / size} elements, more than a view may have") : null;
    }

    private static bool Is(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
