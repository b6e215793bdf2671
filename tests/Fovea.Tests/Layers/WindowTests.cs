using Fovea.Files;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Tests;

/// <summary>What layers say of windows that differ along height and width: summaries, files, errors.</summary>
internal sealed class WindowTests
{
    [Test]
    public void NumbersAndTuplesAreSizes()
    {
        Size2d square = 3, wide = (1, 7);
        Assert.That((square, wide), Is.EqualTo((new Size2d(3, 3), new Size2d(1, 7))));
        Assert.That($"{square} {wide}", Is.EqualTo("3×3 1×7"));
    }

    [Test]
    public void TheSummaryShowsBothSizes()
    {
        NetworkSummary summary = NetworkSummary.Of(new Chain(new Shape(12, 20, 2),
            new Conv2d(4, kernel: (1, 7), stride: (1, 2), padding: (0, 3)), new Relu(),
            new Conv2d(4, kernel: 3, padding: 1, dilation: (2, 1), groups: 2), new MaxPool2d((1, 2)), new GlobalAvgPool2d()));
        Assert.That(summary.Layers.Select(layer => layer.Details), Is.EqualTo(new[]
        {
            "1×7 stride 1×2 padding 0×3", "", "3×3 padding 1×1 dilation 2×1, 2 groups", "1×2 stride 1×2", "10×5",
        }));
        Assert.That($"{summary}", Does.Contain("  1×7 stride 1×2 padding 0×3").And.Contain("details"));
    }

    [Test]
    public void PaddingOfOppositeSidesIsShownIfItDiffers() =>
        Assert.That($"{new Window { R = 3, S = 2, PadTop = 1, PadRight = 2 }}", Is.EqualTo("3×2 padding 1, 0, 0, 2"));

    [Test]
    public void FilesHoldFiltersHeightBeforeWidth()
    {
        using var folder = new TempFolder();
        Chain saved = Wide((2, 3)), loaded = Wide((2, 3)), turned = Wide((3, 2));
        saved.Initialize(3);
        loaded.Initialize(4);
        turned.Initialize(4);
        saved.Save(folder["weights.safetensors"]);
        loaded.Load(folder["weights.safetensors"]);
        Assert.That(Values(loaded), Is.EqualTo(Values(saved)));

        using SafetensorsFile file = SafetensorsFile.Open(folder["weights.safetensors"]);
        Assert.That(file["body.0.weight"].Shape, Is.EqualTo(new long[] { 5, 4, 2, 3 }));
        float[] stored = file["body.0.weight"].ReadFloats(), filters = [.. saved.Parameters.First().Value.Span];
        for (int i = 0; i < stored.Length; i++)
        {
            (int column, int row, int channel, int filter) = (i % 3, i / 3 % 2, i / 6 % 4, i / 24);
            Assert.That(stored[i], Is.EqualTo(filters[(((((filter * 2) + row) * 3) + column) * 4) + channel]));
        }

        float[] before = Values(turned);
        Assert.That(() => turned.Load(folder["weights.safetensors"]),
            Throws.Exception.With.Message.Contains("body.0.weight").And.Message.Contains("2×3").And.Message.Contains("3×2"));
        Assert.That(Values(turned), Is.EqualTo(before), "a refused file changes nothing");

        static Chain Wide(Size2d kernel) => new(new Shape(8, 8, 4), new Conv2d(5, kernel), new Flatten(), new Linear(2));
    }

    private static readonly (Func<Module> Make, string[] Message)[] Refused =
    [
        (() => new Conv2d(0, 3), ["at least 1 filter", "not 0"]),
        (() => new Conv2d(4, (0, 3)), ["at least 1×1", "0×3"]),
        (() => new Conv2d(4, (3, -2)), ["at least 1×1", "3×-2"]),
        (() => new Conv2d(4, (1, 9)), ["spans 1×9", "6×8"]),
        (() => new Conv2d(4, (3, 1), dilation: (4, 1), padding: (1, 0)), ["spans 9×1", "6×8"]),
        (() => new Conv2d(4, 3, stride: (1, 0)), ["stride", "1×0"]),
        (() => new Conv2d(4, 3, dilation: (-1, 1)), ["dilation", "-1×1"]),
        (() => new Conv2d(4, 3, padding: (1, -2)), ["padding", "1, -2, 1 and -2"]),
        (() => new MaxPool2d((7, 1)), ["spans 7×1", "6×8"]),
        (() => new MaxPool2d(2, stride: 0), ["stride", "0×0"]),
        (() => new MaxPool2d((1, 3), padding: (1, 1)), ["half the window", "1×3", "padding 1×1"]),
        (() => new AvgPool2d((0, 2)), ["at least 1×1", "0×2"]),
        (() => new AvgPool2d((1, 2), stride: (-1, 2)), ["stride", "-1×2"]),
    ];

    [TestCaseSource(nameof(Refused))]
    public void SizesThatDoNotFitAreRefused((Func<Module> Make, string[] Message) refused)
    {
        var network = new Chain(new Shape(6, 8, 3), refused.Make());
        var exception = Assert.Throws<ShapeException>(() => network.Build())!;
        Assert.That(exception.Message, Does.StartWith("body.0: "));
        foreach (string part in refused.Message) Assert.That(exception.Message, Does.Contain(part));
        Assert.That(network.Parameters, Is.Empty, "nothing of the layer is made");
    }

    private static float[] Values(Network network) =>
        [.. network.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];

    private sealed class Chain(Shape input, params Module[] modules) : Network(input)
    {
        private readonly Sequential body = new(modules);

        public override Value Forward(Value x) => body.Apply(x);
    }
}
