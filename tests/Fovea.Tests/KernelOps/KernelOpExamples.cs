using Fovea.Cpu;
using Fovea.Gpu;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Operations;
using Fovea.Gpu.Mathematics;
using Fovea.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Tests;

/// <summary>x · sigmoid(β x), with a β for each channel (the innermost dimension).</summary>
public sealed record ChannelSwish : KernelOp
{
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs)
    {
        if (inputs.Count != 2 || inputs[1].Shape != new Shape(inputs[0].Shape[^1]))
            throw new ShapeException($"ChannelSwish takes x and a number for each of its channels, not {string.Join(" and ", inputs)}.");
        return [inputs[0]];
    }

    public override void Gradient(GradientContext context)
    {
        Node gradients = context.Graph.AddNode(new ChannelSwishGradient(), context.Inputs[0], context.Inputs[1], context.OutputGradient);
        context.Accumulate(0, gradients.Outputs[0]);
        context.Accumulate(1, gradients.Outputs[1]);
    }

    protected internal override Action<KernelLaunches> OnGpu => gpu =>
    {
        int count = (int)gpu.Inputs[0].Shape.Count, channels = gpu.Inputs[0].Shape[^1];
        gpu.Launch(Forward, count, gpu.Input(0), gpu.Input(1), gpu.Output(0), count, channels);
    };

    protected internal override Action<CpuTensors> OnCpu => cpu =>
    {
        ReadOnlySpan<float> x = cpu.Input(0), beta = cpu.Input(1);
        Span<float> y = cpu.Output(0);
        for (int i = 0; i < x.Length; i++) y[i] = x[i] / (1 + MathF.Exp(-beta[i % beta.Length] * x[i]));
    };

    private static void Forward(ArrayView<float> x, ArrayView<float> beta, ArrayView<float> y, int count, int channels)
    {
        int i = Grid.GlobalIndex.X;
        if (i < count) y[i] = x[i] * KernelMath.Sigmoid(beta[i % channels] * x[i]);
    }
}

/// <summary>The gradients of x and β, from x, β and the gradient of the result.</summary>
public sealed record ChannelSwishGradient : KernelOp
{
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0], inputs[1]];

    protected internal override Action<KernelLaunches> OnGpu => gpu =>
    {
        int count = (int)gpu.Inputs[0].Shape.Count, channels = gpu.Inputs[0].Shape[^1], threads = gpu.Device.GroupSize;
        gpu.Launch(OfInput, count, gpu.Input(0), gpu.Input(1), gpu.Input(2), gpu.Output(0), count, channels);
        gpu.Launch(
            OfBeta, new Dim3(channels), new Dim3(threads),
            gpu.Input(0), gpu.Input(1), gpu.Input(2), gpu.Output(1), count, channels, threads);
    };

    protected internal override Action<CpuTensors> OnCpu => cpu =>
    {
        ReadOnlySpan<float> x = cpu.Input(0), beta = cpu.Input(1), dy = cpu.Input(2);
        Span<float> dx = cpu.Output(0), dBeta = cpu.Output(1);
        dBeta.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            int channel = i % beta.Length;
            float s = 1 / (1 + MathF.Exp(-beta[channel] * x[i])), slope = s * (1 - s);
            dx[i] = dy[i] * (s + (beta[channel] * x[i] * slope));
            dBeta[channel] += dy[i] * x[i] * x[i] * slope;
        }
    };

    private static void OfInput(
        ArrayView<float> x, ArrayView<float> beta, ArrayView<float> dy, ArrayView<float> dx, int count, int channels)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= count) return;
        float b = beta[i % channels], s = KernelMath.Sigmoid(b * x[i]);
        dx[i] = dy[i] * (s + (b * x[i] * s * (1f - s)));
    }

    /// <summary>A group sums up one channel: each thread some of its elements, then all of them in pairs of pairs.</summary>
    private static void OfBeta(
        ArrayView<float> x, ArrayView<float> beta, ArrayView<float> dy, ArrayView<float> dBeta, int count, int channels,
        SpecializedValue<int> threads)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(threads);
        int channel = Grid.IdxX, thread = Group.IdxX;
        float b = beta[channel], sum = 0f;
        for (int i = channel + (thread * channels); i < count; i += threads * channels)
        {
            float s = KernelMath.Sigmoid(b * x[i]);
            sum += dy[i] * x[i] * x[i] * s * (1f - s);
        }
        shared[thread] = sum;
        KernelGroup.Barrier();
        for (int half = threads / 2; half > 0; half /= 2)
        {
            if (thread < half) shared[thread] += shared[thread + half];
            KernelGroup.Barrier();
        }
        if (thread == 0) dBeta[channel] = shared[0];
    }
}

/// <summary>2x + 5 in two launches, with what lies between them in scratch memory.</summary>
public sealed record TwoLaunches : KernelOp
{
    public override IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs) => [inputs[0]];

    protected internal override Action<KernelLaunches> OnGpu => gpu =>
    {
        int count = (int)gpu.Inputs[0].Shape.Count;
        // The second part must not lie where the first does.
        LaunchArgument doubled = gpu.Scratch<float>(count), five = gpu.Scratch<int>(1);
        gpu.Launch(Double, count, gpu.Input(0), doubled, five, count);
        gpu.Launch(Add, count, doubled, five, gpu.Output(0), count);
    };

    private static void Double(ArrayView<float> x, ArrayView<float> doubled, ArrayView<int> five, int count)
    {
        int i = Grid.GlobalIndex.X;
        if (i < count) doubled[i] = 2f * x[i];
        if (i == 0) five[0] = 5;
    }

    private static void Add(ArrayView<float> doubled, ArrayView<int> five, ArrayView<float> y, int count)
    {
        int i = Grid.GlobalIndex.X;
        if (i < count) y[i] = doubled[i] + five[0];
    }
}
