using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Ops;

namespace Fovea.Core.Tests;

/// <summary>Sizes that do not fit into 32 or 64 bits are refused with the numbers; those that do are not cut off.</summary>
internal sealed class SizeTests
{
    private const int Most = int.MaxValue;

    private static readonly (string Name, Action Build, string Message)[] Refused =
    [
        ("a shape", () => _ = new Shape(Most, Most, Most), "2147483647×2147483647×2147483647"),
        ("a shape that wraps to 0", () => _ = new Shape(1 << 30, 1 << 30, 1 << 30), "281,474,976,710,656"),
        ("features", () => In(1, 60000, 60000).Flatten(), "3,600,000,000"),
        ("broadcast", () => _ = In(Most, 1, 1) + In(1, Most, Most), "1×2147483647×2147483647"),
        ("product", () => In(Most, 2).MatMul(In(2, 3)), "2,147,483,647"),
        ("product's work", () => In(1 << 22, 1 << 20).MatMul(In(1 << 20, 1 << 20)), "4,611,686,018,427,387,904"),
        ("padding", () => Convolve(Window.Of(1, Most)), "4294967302×4294967302"),
        ("padding of two axes", () => Convolve(Window.Of(1, 500_000_000)), "1,000,000,012,000,000,036"),
        ("dilation", () => Convolve(Window.Of(1, 0, 1 << 30), 5), "spans 4294967297×4294967297"),
        ("dilation that wraps to 0", () => Convolve(Window.Of(1, 0, 1 << 30), 9), "spans 8589934593×8589934593"),
        ("filter", () => new Conv2d(1, 60_000).Apply(In(1, 30_000, 30_000, 1)), "does not fit"),
        ("weights of a filter", () => new Conv2d(1, 40_000, padding: 0).Apply(In(1, 40_000, 40_000, 2)), "3,200,000,000"),
        ("pixels", () => new Conv2d(1, 3).Apply(In(1, 60_000, 60_000, 1)), "3,600,000,000"),
        ("a line", () => new Conv2d(1, 1).Apply(In(1, 1, 70_000, 10_000)), "700,010,000"),
        ("pooling's padding", () => new MaxPool2d(3, padding: Most).Apply(In(1, 8, 8, 1)), "4294967302×4294967302"),
        ("pooling's window", () => new AvgPool2d(100_000).Apply(In(1, 100_000, 100_000, 1)), "10,000,000,000"),
        ("lines of pooling", () => new AvgPool2d(1).Apply(In(100_000, 100_000, 1, 1)), "10,000,000,000"),
        ("a network", () => new LeNet5(10, new Shape(60_000, 60_000, 1)).Build(), "conv1: "),
    ];

    [TestCaseSource(nameof(Refused))]
    public void WhatDoesNotFitIsRefused((string Name, Action Build, string Message) refused) =>
        Assert.That(() => refused.Build(), Throws.TypeOf<ShapeException>().With.Message.Contains(refused.Message), refused.Name);

    [Test]
    public void StridesAndDilationsThatAreNotUsedAreKeptSmall()
    {
        Window window = (Window.Of(Most, 1, Most) with { R = 1, S = 1 }).Over("", 8, 9);
        Assert.That((window.P, window.Q, window.StrideH, window.StrideW), Is.EqualTo((1, 1, 10, 11)));
        Assert.That((window.DilationH, window.DilationW), Is.EqualTo((1, 1)));
    }

    [Test]
    public void SumsAreSplitIn64Bits() =>
        Assert.That(new Shape(65536, 65537, 3).Split(0, 2), Is.EqualTo((1L, 4_295_032_832L, 3L)));

    [Test]
    public void TheMeanOfALargeWindowDividesByAllItsPixels() =>
        Assert.That((Window.Of(1) with { R = 50_000, S = 50_000 }).Over("", 50_000, 50_000).Divisor(0, 0, true), Is.EqualTo(2.5e9f));

    private static Value In(params int[] sizes) => Graph.Input($"x{Guid.NewGuid()}", new Shape(sizes));

    [ThreadStatic]
    private static ComputationGraph? Shared;

    private static ComputationGraph Graph => Shared ??= new ComputationGraph();

    private static void Convolve(Window window, int taps = 3) =>
        Graph.Add(new ConvolutionOp(new ConvolutionGeometry(window)), In(1, 8, 8, 1), In(1, taps, taps, 1));
}
