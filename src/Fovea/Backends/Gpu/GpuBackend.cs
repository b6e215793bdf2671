using Fovea.Backends.Convolutions;
using Fovea.Core.Memory;
using Fovea.Gpu.Devices;
using Fovea.Graph;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Gpu;

/// <summary>Runs graphs as kernels on an accelerator: a GPU, or whatever else runs kernels.</summary>
/// <remarks>
/// Any thread may use it; what they queue is serialised. Writing an input, running and reading a fetch of one executable may be
/// interleaved with those of another, since each has its own arena.
/// </remarks>
public sealed class GpuBackend : IBackend, IConvolves
{
    private readonly GpuContext context;
    private readonly VariableStore variables;

    /// <summary>Takes over an accelerator: it is disposed with the backend.</summary>
    public GpuBackend(KernelDevice accelerator)
    {
        context = new GpuContext(accelerator);
        variables = new VariableStore(context);
        Convolutions = new ConvChooser(this, $"{accelerator.Info.Name.Split(':')[0]} {accelerator.Info.Description}", ConvCosts.Accelerator(accelerator.Info.IsGpu), ConvolutionAlgorithms.On(context));
    }

    ConvChooser IConvolves.Convolutions => Convolutions;

    private ConvChooser Convolutions { get; }

    /// <inheritdoc/>
    public MemoryStatistics Memory => context.Device.Memory;

    /// <inheritdoc/>
    public long UpdateGroupBytes => 16 << 20;

    /// <summary>The one place where operations meet their kernels.</summary>
    public IStep Lower(Op op, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => op switch
    {
        MatMul matMul => new GemmStep(matMul, inputs, context),
        Conv2d or Conv2dInputGradient or Conv2dWeightGradient => Convolutions.Choose(ConvProblem.Of(op, inputs)!, CompileOptions.Default).Step,
        MaxPool2d pool => PoolingSteps.Max(context, pool.Geometry.Shape(inputs[0].Shape)),
        MaxPool2dGradient pool => PoolingSteps.MaxGradient(context, pool.Geometry.Shape(inputs[0].Shape)),
        AvgPool2d pool => PoolingSteps.Average(context, pool.Geometry.Shape(inputs[0].Shape)),
        AvgPool2dGradient pool => PoolingSteps.AverageGradient(context, pool.Geometry.Shape(pool.Input)),
        Map map => MapSteps.Map(context, map.Formula, inputs, outputs[0].Shape),
        Update update => MapSteps.Update(context, update.Formulas, inputs),
        UpdateGroup group => new UpdateGroupStep(context, group, inputs),
        ConstantOp constant => MapSteps.Constant(context, constant),
        Sum sum => ReductionSteps.Sum(context, Sum.Split(inputs[0].Shape, sum.First, sum.Count)),
        Broadcast broadcast => ReductionSteps.Broadcast(context, Sum.Split(broadcast.Result, broadcast.First, broadcast.Count)),
        Softmax softmax => LossSteps.Softmax(context, softmax.Logarithm, inputs[0].Shape),
        SoftmaxGradient softmax => LossSteps.SoftmaxGradient(context, softmax.Logarithm, inputs[0].Shape),
        SoftmaxCrossEntropy loss => LossSteps.CrossEntropy(context, loss, inputs[0].Shape),
        SoftmaxCrossEntropyGradient gradient => LossSteps.CrossEntropyGradient(context, gradient.Loss, inputs[0].Shape),
        CorrectCount => LossSteps.CorrectCount(context, inputs[0].Shape),
        LocalResponseNorm norm => RegularizationSteps.LocalResponseNorm(context, norm, inputs[0].Shape),
        LocalResponseNormGradient norm => RegularizationSteps.LocalResponseNormGradient(context, norm.Forward, inputs[0].Shape),
        Dropout dropout => RegularizationSteps.Dropout(context, dropout, inputs[0].Shape),
        KernelOp own => KernelOpSteps.Lower(context, own, inputs, outputs),
        _ => throw new NotSupportedException($"The device {context.Device.Info.Name} does not have {op.Name}."),
    };

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
    public IProgress<KernelProgress>? Progress { get; set; }

    /// <inheritdoc/>
    public void Ready() => context.Device.WaitForKernels(Progress);

    /// <inheritdoc/>
    public bool CanRecord => context.Device.CanRecord;

    /// <inheritdoc/>
    public Recording? Record(Action runSteps, out string? problem)
    {
        lock (context.Gate) return context.Device.Record(runSteps, out problem);
    }

    /// <inheritdoc/>
    public IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced) => this.variables.Bind(variables, replaced);

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
