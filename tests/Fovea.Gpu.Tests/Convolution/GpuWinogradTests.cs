using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Convolution.Winograd;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fovea.Gpu.Tests;

/// <summary>
/// The three passes of a convolution by Winograd's method on devices: each within its error of float64, and all with the same bits.
/// </summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.Watching))]
internal sealed class GpuWinogradTests(string device) : KernelDeviceTests(device)
{
    private sealed record Case(Shape Input, int Filters, int Top, int Left, int Bottom, int Right);

    private static readonly Case[] Cases =
    [
        Of(1, 1, 1, 1, 1, 1),
        Of(2, 1, 7, 3, 8, 1),
        Of(1, 3, 3, 4, 1, 0),
        Of(2, 7, 5, 8, 12, 1),
        Of(1, 6, 11, 5, 7, 1),
        Of(1, 4, 5, 6, 4, 4),
        // Padding that differs from side to side, and filters larger than the image.
        new(new Shape(2, 5, 6, 4), 5, 3, 1, 0, 2),
        new(new Shape(1, 2, 1, 5), 3, 1, 1, 2, 1),
    ];

    private static readonly Gen<Case> AnyCases =
        from images in Gen.Choose(1, 3)
        from size in Gen.Choose(1, 9).Two()
        from channels in Gen.Choose(1, 9).Two()
        from padding in Gen.Choose(0, 4).Four()
        select new Case(
            new Shape(images, Math.Max(size.Item1, 3 - padding.Item1 - padding.Item3),
                Math.Max(size.Item2, 3 - padding.Item2 - padding.Item4), channels.Item1),
            channels.Item2, padding.Item1, padding.Item2, padding.Item3, padding.Item4);

    [Test]
    public void AwkwardShapes([ValueSource(nameof(Cases))] object source, [Values(2, 4)] int outputs) =>
        Passes(StepRun.Context(Device), (Case)source, outputs);

    [Test]
    public void AnySize([Values(2, 4)] int outputs) =>
        Prop.ForAll(AnyCases.ToArbitrary(), c => { Passes(StepRun.Context(Device), c, outputs); })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(RandomCases(24)).WithReplay(19, 41));

    /// <summary>Every pass has the bits that it has as plain .NET.</summary>
    [Test]
    public void DevicesGiveTheSameBits([Values(2, 4)] int outputs)
    {
        Case c = Of(3, 6, 7, 5, 8, 1);
        float[][] expected = StepRun.OnDebug("", debug => Passes(StepRun.Context(debug), c, outputs));
        if (!Device.Info.IsDebug) Assert.That(Passes(StepRun.Context(Device), c, outputs), Is.EqualTo(expected));
    }

    /// <summary>With little memory a batch goes in parts: two images and one, and one by one.</summary>
    [Test]
    public void ImagesGoInParts([Values(2, 4)] int outputs, [Values(1, 2)] int images)
    {
        Case c = Of(3, 6, 7, 5, 8, 1);
        int tiles = ((6 + outputs - 1) / outputs) * ((7 + outputs - 1) / outputs), frequencies = (outputs + 2) * (outputs + 2);
        GpuContext context = StepRun.Context(Device);
        float[][] whole = Passes(context, c, outputs), parts = Passes(context, c, outputs, (long)images * tiles * frequencies * (5 + 8));
        Assert.That(parts[..2], Is.EqualTo(whole[..2]), "images are independent");
    }

    [Test]
    public void KeptWeightsGiveTheSameBits([Values(2, 4)] int outputs)
    {
        var op = new ConvolutionOp(new(new Window { PadTop = 1, PadLeft = 1, PadBottom = 1, PadRight = 1 }));
        TensorSpec[] inputs = [new(new Shape(2, 6, 7, 5)), new(new Shape(8, 3, 3, 5))];
        GpuContext context = StepRun.Context(Device);
        float[] x = StepRun.Normals(inputs[0].Shape.Count, 1), w = StepRun.Normals(inputs[1].Shape.Count, 2);
        float[] expected = StepRun.Run(context, new WinogradForwardStep(op, inputs, context, outputs), op, inputs, [x, w]);

        var step = new WinogradForwardStep(op, inputs, context, outputs);
        using DeviceBuffer weights = Device.Allocate(w.Length * sizeof(float)), kept = Device.Allocate(step.KeptBytes);
        Device.Write(weights, 0, MemoryMarshal.AsBytes(w.AsSpan()));
        step.Keep(new StepBuffers([default, new(weights, 0, weights.Length)], [], default), new BufferView(kept, 0, kept.Length));
        // The weights themselves are read no more.
        Assert.That(StepRun.Run(context, step, op, inputs, [x, new float[w.Length]]), Is.EqualTo(expected));
    }

    [Test]
    public void SaysWhatItCannotDo()
    {
        ConvolutionShape s = new() { N = 1, H = 8, W = 8, C = 4, K = 4, R = 3, S = 3 };
        Assert.That(WinogradParts.Supports(s, 2) && WinogradParts.Supports(s, 4));
        ConvolutionShape[] others =
        [
            s with { R = 1 }, s with { S = 2 }, s with { StrideH = 2 }, s with { StrideW = 2 }, s with { DilationH = 2 },
                s with { DilationW = 2 }, s with { Groups = 2 },
            // Too large for an index: 36 · 2¹⁰ · 2¹⁰ · 64.
            s with { H = 4098, W = 4098, C = 64 },
        ];
        foreach (ConvolutionShape other in others) Assert.That(WinogradParts.Supports(other, 4), Is.False, $"{other}");
        Assert.That(WinogradParts.Supports(s, 3), Is.False);
        TensorSpec[] inputs = [new(new Shape(1, 8, 8, 4)), new(new Shape(4, 5, 5, 4))];
        Assert.That(
            () => new WinogradForwardStep(new ConvolutionOp(new(new())), inputs, StepRun.Context(Device), 2), Throws.ArgumentException);
    }

    private static Case Of(int n, int h, int w, int c, int k, int pad) => new(new Shape(n, h, w, c), k, pad, pad, pad, pad);

    /// <summary>Runs and checks all passes; gives their results.</summary>
    private static float[][] Passes(GpuContext context, Case c, int outputs, long mostElements = ImageChunks.MostElements)
    {
        var geometry =
            new ConvolutionGeometry(new Window { PadTop = c.Top, PadLeft = c.Left, PadBottom = c.Bottom, PadRight = c.Right }, 1);
        TensorSpec x = new(c.Input), w = new(new Shape(c.Filters, 3, 3, c.Input[3])), bias = new(new Shape(c.Filters));
        var forward = new ConvolutionOp(geometry, Activation.Relu);
        TensorSpec y = forward.Infer([x, w])[0];
        var inputs = new ConvolutionInputGradientOp(geometry, x.Shape);
        var weights = new ConvolutionWeightGradientOp(geometry, w.Shape);
        return
        [
            Pass(forward, (op, specs) => new WinogradForwardStep(op, specs, context, outputs, mostElements), x, w, bias),
            Pass(inputs, (op, specs) => new WinogradInputGradientStep(op, specs, context, outputs, mostElements), y, w),
            Pass(weights, (op, specs) => new WinogradWeightGradientStep(op, specs, context, outputs, mostElements), x, y),
        ];

        float[] Pass<T>(T op, Func<T, TensorSpec[], IStep> prepare, params TensorSpec[] specs)
            where T : Op
        {
            float[][] values = [.. specs.Select((spec, i) => StepRun.Normals(spec.Shape.Count, (ulong)i))];
            float[] actual = StepRun.Run(context, prepare(op, specs), op, specs, values);
            double[] expected = StepRun.Reference(op, specs, values).Expected;
            // What the methods promise, relative to the largest result.
            double tolerance = expected.Max(Math.Abs) * (outputs == 2 ? 1e-5 : 1e-4);
            for (int i = 0; i < expected.Length; i++)
            {
                if (!(Math.Abs(actual[i] - expected[i]) <= tolerance))
                    Assert.Fail($"{op} of {c}: element {i} is {actual[i]}, not {expected[i]} within {tolerance}.");
            }
            return actual;
        }
    }
}
