using System.Reflection;
using System.Runtime.CompilerServices;
using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu;

/// <summary>
/// Collects the launches of a <see cref="IGpuOperation"/>, in the order in which they run. A kernel is an ordinary one of ILGPU: a static
/// method that returns nothing and finds its thread by <c>Grid</c> and <c>Group</c>. A launch has an argument for each of the kernel's
/// parameters, in their order: views for <c>ArrayView&lt;T&gt;</c>, numbers for numbers and for <c>SpecializedValue&lt;T&gt;</c>.
/// </summary>
public sealed class KernelLaunches
{
    // Where each part of the scratch memory begins.
    private const long Alignment = 64;

    private readonly string op;
    private readonly List<PlannedLaunch> launches = [];

    internal KernelLaunches(string op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, AcceleratorInfo device) =>
        (this.op, Inputs, Outputs, Device) = (op, inputs, outputs, device);

    /// <summary>The inputs' shapes and types.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>The outputs' shapes and types.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>The device: <see cref="AcceleratorInfo.GroupSize"/> threads of a group suit it.</summary>
    public AcceleratorInfo Device { get; }

    internal IReadOnlyList<PlannedLaunch> Planned => launches;

    internal long ScratchBytes { get; private set; }

    /// <summary>An input, for a view of <c>float</c> or <c>int</c>, or of a struct of these such as <c>Float4</c>.</summary>
    /// <exception cref="ArgumentException">There is no such input.</exception>
    public LaunchArgument Input(int index) => Tensor(LaunchMemory.Input, Inputs, index, "input");

    /// <summary>An output.</summary>
    /// <inheritdoc cref="Input"/>
    public LaunchArgument Output(int index) => Tensor(LaunchMemory.Output, Outputs, index, "output");

    /// <summary>
    /// Memory for what one launch leaves to the next; the caller may pass the result to any number of them. Its content is undefined
    /// when the first one begins.
    /// </summary>
    /// <param name="count">How many elements.</param>
    /// <typeparam name="T">The elements' type.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public LaunchArgument Scratch<T>(long count)
        where T : unmanaged
    {
        Require.Positive(count, "The number of elements");
        long bytes = checked(count * Unsafe.SizeOf<T>()), offset = ScratchBytes;
        ScratchBytes = Align.Up(checked(offset + bytes), Alignment);
        return LaunchArgument.View(LaunchMemory.Scratch, 0, offset, bytes, typeof(T));
    }

    /// <summary>Adds a launch with a thread for each of a number of items. Groups are whole: the kernel must test its index.</summary>
    /// <param name="kernel">The kernel's method.</param>
    /// <param name="threads">How many threads are needed.</param>
    /// <param name="arguments">One for each of its parameters.</param>
    /// <exception cref="ArgumentException">The method is no kernel, or the arguments are not those that it takes.</exception>
    public void Launch(Delegate kernel, long threads, params ReadOnlySpan<LaunchArgument> arguments)
    {
        int group = Device.GroupSize;
        Require.Positive(threads, "The number of threads");
        Launch(kernel, new Dim3(checked((int)((threads + group - 1) / group))), new Dim3(group), arguments);
    }

    /// <summary>Adds a launch of groups, for kernels whose threads work together.</summary>
    /// <param name="kernel">The kernel's method.</param>
    /// <param name="groups">How many groups.</param>
    /// <param name="groupSize">Threads of a group; at most <see cref="AcceleratorInfo.MaxGroupSize"/> of <see cref="Device"/>.</param>
    /// <param name="arguments">One for each of its parameters.</param>
    /// <exception cref="ArgumentException">The method is no kernel, or the arguments are not those that it takes.</exception>
    public void Launch(Delegate kernel, Dim3 groups, Dim3 groupSize, params ReadOnlySpan<LaunchArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        MethodInfo method = kernel.Method;
        ParameterInfo[] parameters = method.GetParameters();
        if (groups.X < 1 || groups.Y < 1 || groups.Z < 1) throw Wrong(method, $"{groups} groups are none.");
        if (groupSize.Count > Device.MaxGroupSize)
            throw Wrong(method, $"a group of {groupSize} threads; {Device.Name} has groups of {Device.MaxGroupSize} at most.");
        if (arguments.Length != parameters.Length)
            throw Wrong(method, $"it takes {parameters.Length} arguments, but {arguments.Length} were given.");
        var values = new List<object>();
        var given = new List<LaunchArgument>();
        for (int i = 0; i < parameters.Length; i++)
        {
            LaunchArgument argument = arguments[i];
            if (argument.Mismatch(parameters[i].ParameterType) is { } problem)
                throw Wrong(method, $"the parameter '{parameters[i].Name}' {problem}.");
            if (KernelSource.IsSpecialized(parameters[i])) values.Add(argument.Value!);
            else given.Add(argument.As(parameters[i].ParameterType));
        }
        try
        {
            launches.Add(new PlannedLaunch(new KernelSource(method, groupSize, values), groups, [.. given]));
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"{op}: {exception.Message}", exception);
        }
    }

    private LaunchArgument Tensor(LaunchMemory memory, IReadOnlyList<TensorSpec> specs, int index, string kind)
    {
        if ((uint)index >= (uint)specs.Count)
            throw new ArgumentException($"{op} has no {kind} {index}; their number is {specs.Count}.");
        Type element = specs[index].DType == DType.Float32 ? typeof(float) : typeof(int);
        return LaunchArgument.View(memory, index, 0, specs[index].Bytes, element);
    }

    private ArgumentException Wrong(MethodInfo method, string problem) =>
        new($"{op}: {method.DeclaringType?.Name}.{method.Name}: {problem}");
}

/// <summary>A launch whose memory is not known yet.</summary>
/// <param name="Source">The kernel.</param>
/// <param name="Groups">How many groups.</param>
/// <param name="Arguments">What it is given, specialized values apart.</param>
internal sealed record PlannedLaunch(KernelSource Source, Dim3 Groups, LaunchArgument[] Arguments);
