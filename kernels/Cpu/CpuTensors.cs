using Fovea.Execution;
using Fovea.Graph;

namespace Fovea.Cpu;

/// <summary>The inputs and outputs of a <see cref="ICpuOperation"/> in the host's memory, row-major.</summary>
public sealed unsafe class CpuTensors
{
    private readonly string op;
    private readonly BufferView[] inputs, outputs;

    internal CpuTensors(string op, IReadOnlyList<TensorSpec> inputSpecs, IReadOnlyList<TensorSpec> outputSpecs, StepBuffers buffers)
    {
        (Inputs, Outputs) = (inputSpecs, outputSpecs);
        this.op = op;
        (inputs, outputs) = (buffers.Inputs.ToArray(), buffers.Outputs.ToArray());
    }

    /// <summary>The inputs' shapes and types.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>The outputs' shapes and types.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>The elements of an input.</summary>
    /// <exception cref="ArgumentException">There is no such input, or it does not hold floats.</exception>
    public ReadOnlySpan<float> Input(int index) => Span<float>(inputs, Inputs, index, DType.Float32, "input");

    /// <summary>The elements of an input of labels or counters.</summary>
    /// <exception cref="ArgumentException">There is no such input, or it does not hold integers.</exception>
    public ReadOnlySpan<int> Integers(int index) => Span<int>(inputs, Inputs, index, DType.Int32, "input");

    /// <summary>Where the elements of an output go; where <see cref="Op.MayOverwrite"/> allows it, perhaps an input's memory.</summary>
    /// <exception cref="ArgumentException">There is no such output, or it does not hold floats.</exception>
    public Span<float> Output(int index) => Span<float>(outputs, Outputs, index, DType.Float32, "output");

    /// <summary>Where the elements of an output of integers go.</summary>
    /// <exception cref="ArgumentException">There is no such output, or it does not hold integers.</exception>
    public Span<int> OutputIntegers(int index) => Span<int>(outputs, Outputs, index, DType.Int32, "output");

    private Span<T> Span<T>(BufferView[] views, IReadOnlyList<TensorSpec> specs, int index, DType dtype, string kind)
    {
        if ((uint)index >= (uint)specs.Count) throw new ArgumentException($"{op} has no {kind} {index}; their number is {specs.Count}.");
        if (specs[index].DType != dtype) throw new ArgumentException($"{op}: {kind} {index} is {specs[index].DType}, not {dtype}.");
        return new Span<T>(views[index].Pointer(), checked((int)specs[index].Shape.Count));
    }
}
