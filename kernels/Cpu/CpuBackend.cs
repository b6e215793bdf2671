using Fovea.Compilation;
using Fovea.Core.Memory;
using Fovea.Core.Tuning;
using Fovea.Cpu.Arrangement;
using Fovea.Cpu.Convolution;
using Fovea.Cpu.Dropout;
using Fovea.Cpu.Elementwise;
using Fovea.Cpu.Normalization;
using Fovea.Cpu.Pooling;
using Fovea.Cpu.Product;
using Fovea.Cpu.Resampling;
using Fovea.Cpu.Softmax;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Cpu;

/// <summary>Runs graphs on the processor's vector units.</summary>
public sealed unsafe class CpuBackend : IConvolutionBackend
{
    private readonly CachingAllocator allocator = new(new HostMemory());

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many threads work on a step.</param>
    public CpuBackend(int threads)
    {
        Pool = new WorkerPool(threads);
        Convolutions = new ConvolutionChooser(this, $"cpu {ProcessorName.Text} {(int)CpuFeatures.Simd} bits {threads} threads",
            ConvolutionCosts.Processor((int)CpuFeatures.Simd), ConvolutionAlgorithms.On(Pool));
    }

    /// <summary>The threads that steps share.</summary>
    public WorkerPool Pool { get; }

    ConvolutionChooser IConvolutionBackend.Convolutions => Convolutions;

    private ConvolutionChooser Convolutions { get; }

    /// <inheritdoc/>
    public MemoryStatistics Memory => allocator.Statistics;

    /// <summary>The one place where operations meet their CPU steps.</summary>
    public IStep Lower(
        Node node, CompileOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        TensorSpec[] inputs = [.. node.Inputs.Select(input => input.Spec)];
        TensorSpec[] outputs = [.. node.Outputs.Select(output => output.Spec)];
        return node.Op switch
        {
            MatrixProductOp matMul when matMul.Sizes(inputs).Batch > 1 => new BatchedProductStep(matMul, inputs, Pool),
            MatrixProductOp matMul => new MatrixProductStep(matMul, inputs, Pool),
            ConvolutionOp or ConvolutionInputGradientOp or ConvolutionWeightGradientOp =>
                Convolutions.Lower(node, options, progress, cancellationToken),
            MaxPoolingOp pool => new MaxPoolingStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
            MaxPoolingGradientOp pool => new MaxPoolingGradientStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
            AveragePoolingOp pool => new AveragePoolingStep(pool.Geometry.Shape(inputs[0].Shape), Pool),
            AveragePoolingGradientOp pool => new AveragePoolingGradientStep(pool.Geometry.Shape(pool.Input), Pool),
            MapOp map => new MapStep([map.Formula], inputs, outputs[0].Shape, Pool),
            UpdateOp update => new UpdateStep(update.Formulas, inputs, Pool),
            ConstantOp constant => new ConstantStep(constant),
            SumOp sum => new SumStep(inputs[0].Shape.Split(sum.First, sum.Count), Pool),
            MaxReductionOp max => new MaxReductionStep(inputs[0].Shape.Split(max.First, max.Count), Pool),
            BroadcastOp broadcast => new BroadcastStep(broadcast.Result.Split(broadcast.First, broadcast.Count)),
            SliceOp slice => new SliceStep(slice, inputs[0].Shape, Pool),
            PadOp pad => new PadStep(pad, inputs[0].Shape, Pool),
            ConcatOp concat => new ConcatStep(concat, inputs, outputs[0].Shape, Pool),
            TransposeOp transpose => new TransposeStep(transpose, inputs[0].Shape, Pool),
            GatherOp => new GatherStep(inputs[0].Shape, inputs[1].Shape.Count, Pool),
            GatherGradientOp gather => new GatherGradientStep(gather.Table, inputs[0].Shape.Count, Pool),
            OneHotOp labels => new OneHotStep(labels.Classes, inputs[0].Shape.Count),
            ResampleOp resample => new ResampleStep(resample, inputs[0].Shape, Pool),
            SoftmaxOp softmax => new SoftmaxStep(softmax.Logarithm, inputs[0].Shape, Pool),
            SoftmaxGradientOp softmax => new SoftmaxGradientStep(softmax.Logarithm, inputs[0].Shape, Pool),
            CrossEntropyOp loss => new CrossEntropyStep(loss, inputs[0].Shape, Pool),
            CrossEntropyGradientOp gradient => new CrossEntropyGradientStep(gradient.Loss, inputs[0].Shape, Pool),
            CorrectCountOp => new CorrectCountStep(inputs[0].Shape),
            LocalResponseNormalizationOp norm => new LocalResponseNormalizationStep(norm, inputs[0].Shape, Pool),
            LocalResponseNormalizationGradientOp norm => new LocalResponseNormalizationGradientStep(norm.Forward, inputs[0].Shape, Pool),
            DropoutOp dropout => new DropoutStep(dropout, inputs[0].Shape, Pool),
            ICpuOperation own => new OwnOperationStep(node.Path, node.Op.Name, own, inputs, outputs),
            _ => throw new NotSupportedException($"The CPU backend does not have {node.Op.Name}."),
        };
    }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes) => new HostBuffer(bytes, allocator);

    /// <inheritdoc/>
    public long UpdateGroupBytes => 0;

    /// <inheritdoc/>
    public IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced) =>
        new HostBinding([.. variables], [.. replaced]);

    /// <inheritdoc/>
    public void Write(BufferView target, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>(target.Pointer(), source.Length));

    /// <inheritdoc/>
    public void Read(BufferView source, Span<byte> target) => new ReadOnlySpan<byte>(source.Pointer(), target.Length).CopyTo(target);

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
