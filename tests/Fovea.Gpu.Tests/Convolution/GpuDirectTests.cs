using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Convolution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Direct convolution on devices beyond its values: order of sums, kept weights, scratch memory.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Watching))]
internal sealed class GpuDirectTests(string device) : KernelDeviceTests(device)
{
    private static readonly (ConvolutionGeometry Geometry, Shape Input, Shape Filters)[] Cases =
    [
        (new(Window.Of(1, 1), 8), new Shape(2, 9, 11, 8), new Shape(8, 3, 3, 1)),
        (new(Window.Of(1, 2)), new Shape(3, 28, 28, 1), new Shape(6, 5, 5, 1)),
        (new(new Window { StrideH = 2, PadTop = 1, PadRight = 2, DilationW = 2 }, 2), new Shape(2, 9, 12, 8), new Shape(8, 3, 3, 4)),
        // More terms than one sum takes, forward and backward.
        (new(Window.Of(1, 1)), new Shape(1, 1, 2, 230), new Shape(230, 3, 3, 230)),
    ];

    /// <summary>Every pass is within its error of float64, and has the bits that it has as plain .NET.</summary>
    [Test]
    public void DevicesGiveTheSameBits([Range(0, 3)] int which)
    {
        float[][] expected = StepRun.OnDebug("", debug => Passes(StepRun.Context(debug), which));
        if (!Device.Info.IsDebug) Assert.That(Passes(StepRun.Context(Device), which), Is.EqualTo(expected));
    }

    [Test]
    public void KeptWeightsGiveTheSameBits([Range(0, 2)] int which)
    {
        (ConvolutionGeometry geometry, Shape input, Shape filters) = Cases[which];
        var op = new ConvolutionOp(geometry);
        TensorSpec[] inputs = [new(input), new(filters)];
        ConvolutionShape shape = geometry.Shape(input, filters);
        GpuContext context = StepRun.Context(Device);
        float[] x = StepRun.Normals(input.Count, 1), w = StepRun.Normals(filters.Count, 2);
        float[] expected = StepRun.Run(context, new DirectForwardStep(op, shape, hasBias: false, context), op, inputs, [x, w]);

        var step = new DirectForwardStep(op, shape, hasBias: false, context);
        using DeviceBuffer weights = Device.Allocate(w.Length * sizeof(float)), kept = Device.Allocate(step.KeptBytes);
        Device.Write(weights, 0, MemoryMarshal.AsBytes(w.AsSpan()));
        step.Keep(new StepBuffers([default, new(weights, 0, weights.Length)], [], default), new BufferView(kept, 0, kept.Length));
        // The weights themselves are read no more.
        Assert.That(StepRun.Run(context, step, op, inputs, [x, new float[w.Length]]), Is.EqualTo(expected));
    }

    /// <summary>A line of pixels far longer than one sum takes, all of one sign, so that errors add up.</summary>
    [Test]
    public void LongSumsAreExact()
    {
        ConvolutionShape s = new() { N = 1, H = 1, W = 100_003, C = 1, K = 1, R = 1, S = 3 };
        var op = new ConvolutionWeightGradientOp(new ConvolutionGeometry(new Window()), new Shape(1, 1, 3, 1));
        GpuContext context = StepRun.Context(Device);
        var step = new DirectWeightGradientStep(s, context);
        float[] x = [.. StepRun.Normals(s.W, 1).Select(Math.Abs)], dy = [.. StepRun.Normals(s.Q, 2).Select(Math.Abs)];
        float[] result = StepRun.Run(context, step, op, [new(new Shape(1, 1, s.W, 1)), new(new Shape(1, 1, s.Q, 1))], [x, dy]);
        for (int tap = 0; tap < 3; tap++)
        {
            double expected = Enumerable.Range(0, s.Q).Sum(q => (double)x[q + tap] * dy[q]);
            Assert.That(result[tap], Is.EqualTo(expected).Within(expected * 2e-6));
        }
        Assert.That(step.WorkspaceBytes, Is.GreaterThan(100_003 / 1024 * 3 * sizeof(float)));
    }

    [Test]
    public void PartsStayWithinTheirMemory()
    {
        ConvolutionShape s =
            new() { N = 64, H = 64, W = 64, C = 512, K = 512, R = 3, S = 3, PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 };
        Assert.That(new DirectWeightGradientStep(s, StepRun.Context(Device)).WorkspaceBytes, Is.InRange(1, 64 << 20));
    }

    private static float[][] Passes(GpuContext context, int which)
    {
        (ConvolutionGeometry geometry, Shape input, Shape filters) = Cases[which];
        TensorSpec x = new(input), w = new(filters), bias = new(new Shape(filters[0]));
        var forward = new ConvolutionOp(geometry, Activation.Relu);
        TensorSpec y = forward.Infer([x, w])[0];
        return
        [
            StepRun.Check(context, ConvolutionAlgorithm.Direct, forward, x, w, bias),
            StepRun.Check(context, ConvolutionAlgorithm.Direct, new ConvolutionInputGradientOp(geometry, input), y, w),
            StepRun.Check(context, ConvolutionAlgorithm.Direct, new ConvolutionWeightGradientOp(geometry, filters), x, y),
        ];
    }
}
