using System.Diagnostics.CodeAnalysis;
using Fovea.Compilation;
using Fovea.Core.Memory;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Gpu.Arrangement;
using Fovea.Gpu.Convolution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Dropout;
using Fovea.Gpu.Elementwise;
using Fovea.Gpu.Normalization;
using Fovea.Gpu.Pooling;
using Fovea.Gpu.Product;
using Fovea.Gpu.Reduction;
using Fovea.Gpu.Resampling;
using Fovea.Gpu.Softmax;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Gpu;

/// <summary>Runs graphs as kernels on an accelerator: a GPU, or whatever else runs kernels.</summary>
/// <remarks>
/// Any thread may use it; what they queue is serialised. Writing an input, running and reading a fetch of one executable may be
/// interleaved with those of another, since each has its own arena.
/// </remarks>
public sealed class GpuBackend : IConvolutionBackend
{
    private readonly GpuContext context;
    private readonly VariableStore variables;

    /// <summary>Takes over an accelerator: it is disposed with the backend.</summary>
    [RequiresDynamicCode(GpuSupport.Reason)]
    [RequiresUnreferencedCode(GpuSupport.Reason)]
    public GpuBackend(KernelDevice accelerator)
    {
        context = new GpuContext(accelerator);
        variables = new VariableStore(context);
        Convolutions = new ConvolutionChooser(this, $"{accelerator.Info.Name.Split(':')[0]} {accelerator.Info.Description}",
            ConvolutionCosts.Accelerator(accelerator.Info.IsGpu), ConvolutionAlgorithms.On(context));
    }

    ConvolutionChooser IConvolutionBackend.Convolutions => Convolutions;

    private ConvolutionChooser Convolutions { get; }

    /// <inheritdoc/>
    public MemoryStatistics Memory => context.Device.Memory;

    /// <inheritdoc/>
    public long UpdateGroupBytes => 16 << 20;

    /// <summary>The one place where operations meet their kernels.</summary>
    public IStep Lower(
        Node node, CompileOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        // Steps measure tiles while they are made, on this thread.
        GpuContext.Cancellation = cancellationToken;
        try
        {
            return Step(node, options, progress, cancellationToken);
        }
        finally
        {
            GpuContext.Cancellation = CancellationToken.None;
        }
    }

    private IStep Step(
        Node node, CompileOptions options, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        TensorSpec[] inputs = [.. node.Inputs.Select(input => input.Spec)];
        TensorSpec[] outputs = [.. node.Outputs.Select(output => output.Spec)];
        if (node.Op is not IGpuOperation) GpuMemory.CheckSizes(context.Device.Info.Name, node.Op.Name, inputs, outputs);
        return node.Op switch
        {
            MatrixProductOp matMul => new MatrixProductStep(matMul, inputs, context),
            ConvolutionOp or ConvolutionInputGradientOp or ConvolutionWeightGradientOp =>
                Convolutions.Lower(node, options, progress, cancellationToken),
            MaxPoolingOp pool => PoolingSteps.Max(context, pool.Geometry.Shape(inputs[0].Shape)),
            MaxPoolingGradientOp pool => PoolingSteps.MaxGradient(context, pool.Geometry.Shape(inputs[0].Shape)),
            AveragePoolingOp pool => PoolingSteps.Average(context, pool.Geometry.Shape(inputs[0].Shape)),
            AveragePoolingGradientOp pool => PoolingSteps.AverageGradient(context, pool.Geometry.Shape(pool.Input)),
            MapOp map => MapSteps.Map(context, map.Formula, inputs, outputs[0].Shape),
            UpdateOp update => MapSteps.Update(context, update.Formulas, inputs),
            UpdateGroupOp group => new UpdateGroupStep(context, group, inputs),
            ConstantOp constant => MapSteps.Constant(context, constant),
            SumOp sum => ReductionSteps.Sum(context, inputs[0].Shape.Split(sum.First, sum.Count)),
            MaxReductionOp max => ReductionSteps.Max(context, inputs[0].Shape.Split(max.First, max.Count)),
            BroadcastOp broadcast => ReductionSteps.Broadcast(context, broadcast.Result.Split(broadcast.First, broadcast.Count)),
            SliceOp slice => ArrangementSteps.Slice(context, slice, inputs[0].Shape),
            PadOp pad => ArrangementSteps.Pad(context, pad, inputs[0].Shape),
            ConcatOp concat => ArrangementSteps.Concat(context, concat, inputs, outputs[0].Shape),
            TransposeOp transpose => ArrangementSteps.Transpose(context, transpose, inputs[0].Shape),
            GatherOp => ArrangementSteps.Gather(context, inputs[0].Shape, outputs[0].Shape),
            GatherGradientOp gather => ArrangementSteps.GatherGradient(context, gather.Table, inputs[0].Shape),
            OneHotOp labels => ArrangementSteps.OneHot(context, labels, outputs[0].Shape),
            ResampleOp resample => new ResampleStep(context, resample, inputs[0].Shape),
            SoftmaxOp softmax => SoftmaxSteps.Softmax(context, softmax.Logarithm, inputs[0].Shape),
            SoftmaxGradientOp softmax => SoftmaxSteps.SoftmaxGradient(context, softmax.Logarithm, inputs[0].Shape),
            CrossEntropyOp loss => SoftmaxSteps.CrossEntropy(context, loss, inputs[0].Shape),
            CrossEntropyGradientOp gradient => SoftmaxSteps.CrossEntropyGradient(context, gradient.Loss, inputs[0].Shape),
            CorrectCountOp => SoftmaxSteps.CorrectCount(context, inputs[0].Shape),
            LocalResponseNormalizationOp norm => LocalResponseNormalizationSteps.Forward(context, norm, inputs[0].Shape),
            LocalResponseNormalizationGradientOp norm => LocalResponseNormalizationSteps.Gradient(context, norm.Forward, inputs[0].Shape),
            DropoutOp dropout => DropoutSteps.Run(context, dropout, inputs[0].Shape),
            IGpuOperation own => OwnOperationSteps.Lower(context, node.Op.Name, own, inputs, outputs),
            _ => throw new NotSupportedException($"The device {context.Device.Info.Name} does not have {node.Op.Name}."),
        };
    }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes)
    {
        lock (context.Gate)
        {
            DeviceBuffer buffer = context.Device.Allocate(bytes);
            context.Device.Clear(buffer, 0, bytes);
            return buffer;
        }
    }

    /// <inheritdoc/>
    public void Ready(IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        context.Device.WaitForKernels(progress, cancellationToken);

    /// <inheritdoc/>
    public bool CanRecord => context.Device.CanRecord;

    /// <inheritdoc/>
    public Recording? Record(Action runSteps, out string? problem)
    {
        lock (context.Gate) return context.Device.Record(runSteps, out problem);
    }

    /// <inheritdoc/>
    public IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced) =>
        this.variables.Bind(variables, replaced);

    /// <inheritdoc/>
    public void Write(BufferView target, ReadOnlySpan<byte> source)
    {
        lock (context.Gate) context.Device.Write(target.Buffer!, target.Offset, source);
    }

    /// <inheritdoc/>
    public void Read(BufferView source, Span<byte> target)
    {
        lock (context.Gate) context.Device.Read(source.Buffer!, source.Offset, target);
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        lock (context.Gate) context.Device.Synchronize();
    }

    /// <summary>Brings the values of all variables home and frees everything.</summary>
    public void Dispose()
    {
        if (variables.Closed) return;
        variables.Close();
        context.Device.Dispose();
    }
}
