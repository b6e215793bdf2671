using Fovea.Backends.Convolutions;
using Fovea.Core.Memory;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Graph;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Cpu;

/// <summary>Runs graphs on the processor's vector units.</summary>
public sealed unsafe class CpuBackend : IBackend, IConvolves
{
    private readonly CachingAllocator allocator = new(new HostMemory());

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many threads work on a step.</param>
    public CpuBackend(int threads)
    {
        Pool = new WorkerPool(threads);
        Convolutions = new ConvChooser(this, $"cpu {ProcessorName.Text} {(int)CpuFeatures.Simd} bits {threads} threads",
            ConvCosts.Processor((int)CpuFeatures.Simd), ConvolutionAlgorithms.On(Pool));
    }

    /// <summary>The threads that steps share.</summary>
    public WorkerPool Pool { get; }

    ConvChooser IConvolves.Convolutions => Convolutions;

    private ConvChooser Convolutions { get; }

    /// <inheritdoc/>
    public MemoryStatistics Memory => allocator.Statistics;

    /// <summary>The one place where operations meet their CPU steps.</summary>
    public IStep Lower(Op op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => op switch
    {
        MatMul matMul => new MatMulStep(matMul, inputs, Pool),
        Conv2d or Conv2dInputGradient or Conv2dWeightGradient => Convolutions.Choose(ConvProblem.Of(op, inputs)!, CompileOptions.Default).Step,
        MaxPool2d pool => new MaxPoolStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
        MaxPool2dGradient pool => new MaxPoolGradientStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
        AvgPool2d pool => new AveragePoolStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
        AvgPool2dGradient pool => new AveragePoolGradientStep(pool.Geometry.Shape(pool.Input), Pool),
        Map map => new MapStep([map.Formula], inputs, outputs[0].Shape, Pool),
        Update update => new UpdateStep(update.Formulas, inputs, Pool),
        ConstantOp constant => new ConstantStep(constant),
        Sum sum => new SumStep(Sum.Split(inputs[0].Shape, sum.First, sum.Count), Pool),
        Broadcast broadcast => new BroadcastStep(Sum.Split(broadcast.Result, broadcast.First, broadcast.Count)),
        Softmax softmax => new SoftmaxStep(softmax.Logarithm, inputs[0].Shape, Pool),
        SoftmaxGradient softmax => new SoftmaxGradientStep(softmax.Logarithm, inputs[0].Shape, Pool),
        SoftmaxCrossEntropy loss => new CrossEntropyStep(loss, inputs[0].Shape, Pool),
        SoftmaxCrossEntropyGradient gradient => new CrossEntropyGradientStep(gradient.Loss, inputs[0].Shape, Pool),
        CorrectCount => new CorrectCountStep(inputs[0].Shape),
        LocalResponseNorm norm => new LocalResponseNormStep(norm, inputs[0].Shape, Pool),
        LocalResponseNormGradient norm => new LocalResponseNormGradientStep(norm.Forward, inputs[0].Shape, Pool),
        Dropout dropout => new DropoutStep(dropout, inputs[0].Shape, Pool),
        KernelOp own => new KernelOpStep(own, inputs, outputs),
        _ => throw new NotSupportedException($"The CPU backend does not have {op.Name}."),
    };

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes) => new HostBuffer(bytes, allocator);

    /// <inheritdoc/>
    public long UpdateGroupBytes => 0;

    /// <inheritdoc/>
    public IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced) => new HostBinding([.. variables], [.. replaced]);

    /// <inheritdoc/>
    public void Write(BufferView target, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>(target.Pointer(), (int)target.Bytes));

    /// <inheritdoc/>
    public void Read(BufferView source, Span<byte> target) => new ReadOnlySpan<byte>(source.Pointer(), (int)source.Bytes).CopyTo(target);

    /// <inheritdoc/>
    public void Synchronize()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pool.Dispose();
        allocator.Dispose();
    }

    /// <summary>Variables are used where they lie; only what another device computed is fetched first.</summary>
    private sealed class HostBinding(Variable[] variables, Variable[] replaced) : IVariableBinding
    {
        public BufferView View(Variable variable) => new(null, (long)variable.Host.Pointer, variable.Shape.Count * sizeof(float));

        public void Begin()
        {
            foreach (Variable variable in variables) variable.FetchNewest();
        }

        public void End()
        {
            foreach (Variable variable in replaced) variable.MarkHostChanged();
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Memory of the host, seen as floats and integers.</summary>
internal static unsafe class CpuMemory
{
    public static float* Pointer(this BufferView view) => (float*)((view.Buffer is HostBuffer host ? host.Pointer : null) + view.Offset);

    public static float* Input(this StepBuffers buffers, int index) => buffers.Inputs[index].Pointer();

    public static float* Output(this StepBuffers buffers, int index) => buffers.Outputs[index].Pointer();

    public static float* Scratch(this StepBuffers buffers) => buffers.Workspace.Pointer();
}
