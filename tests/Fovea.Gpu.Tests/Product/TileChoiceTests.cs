using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;

namespace Fovea.Gpu.Tests;

/// <summary>Which tile a product gets, and how its sums are divided.</summary>
internal sealed class TileChoiceTests
{
    private static readonly AcceleratorInfo Gpu = new("gpu:0", "132 units", 80L << 30, 132, 1024, 48 << 10, IsGpu: true);
    private static readonly AcceleratorInfo Processor = new("opencl:0", "cores", 8L << 30, 2, 4096, 1 << 20, IsGpu: false);

    [TestCase(4096, 4096, 4096, "128x128x8", TestName = "a large square")]
    [TestCase(802816, 64, 576, "128x64x8", TestName = "a convolution with 64 filters")]
    [TestCase(73728, 16, 150, "64x16x16", TestName = "a convolution with 16 filters")]
    [TestCase(16, 4096, 4096, "16x64x16", TestName = "a few examples")]
    public void OnAGpu(int rows, int columns, int depth, string tile) =>
        Assert.That(new TileChoice(Gpu).Tile(new(rows, columns, depth)).Name, Is.EqualTo(tile));

    [TestCase(3136, 64)]
    [TestCase(512, 10)]
    [TestCase(10, 512)]
    public void OnAProcessorAllProductsHaveOneTile(int rows, int columns) =>
        Assert.That(new TileChoice(Processor).Tile(new(rows, columns, 100)).Name, Is.EqualTo("32x32x16"));

    [Test]
    public void SumsAreDividedWhereThereAreFewTiles()
    {
        var choice = new TileChoice(Gpu);
        var gradient = new ProductShape(64, 576, 802816);
        TileInfo tile = choice.Tile(gradient);
        (int splits, int depth) = choice.Split(gradient, tile);
        long groups = tile.Groups(gradient) * splits;
        Assert.That(groups, Is.InRange(132, 132 * 32));
        Assert.That(depth % TileInfo.DepthGrain, Is.Zero);
        Assert.That((long)depth * splits, Is.GreaterThanOrEqualTo(gradient.Depth));
        Assert.That((long)depth * (splits - 1), Is.LessThan(gradient.Depth), "no part is empty");

        var large = new ProductShape(4096, 4096, 4096);
        Assert.That(choice.Split(large, choice.Tile(large)), Is.EqualTo((1, 4096)));
        var shallow = new ProductShape(64, 64, 200);
        Assert.That(choice.Split(shallow, choice.Tile(shallow)), Is.EqualTo((1, 200)));
    }

    /// <summary>
    /// Tiles enough for every unit, but sums so long that their rounding errors would show; and a result too large to be held in parts.
    /// </summary>
    [Test]
    public void LongSumsAreDivided()
    {
        foreach (TileChoice choice in new TileChoice[] { new(Gpu), new(Processor) })
        {
            var gradient = new ProductShape(64, 64 * 11 * 11, 8 * 64 * 64);
            (int splits, int depth) = choice.Split(gradient, choice.Tile(gradient));
            Assert.That(depth, Is.InRange(128, 8192));
            Assert.That((long)depth * splits, Is.GreaterThanOrEqualTo(gradient.Depth));
            var huge = new ProductShape(16384, 4096, 100_000);
            Assert.That(choice.Split(huge, choice.Tile(huge)), Is.EqualTo((1, 100_000)));
        }
    }

    [Test]
    public void OnAProcessorSumsDoNotDependOnItsCores()
    {
        foreach (ProductShape shape in new ProductShape[] { new(6, 25, 100_000), new(64, 64, 2048), new(10, 10, 10, 3) })
        {
            TileChoice few = new(Processor), many = new(Processor with { Units = 96 });
            Assert.That(many.Split(shape, many.Tile(shape)), Is.EqualTo(few.Split(shape, few.Tile(shape))));
        }
    }

    [TestCase(int.MaxValue, 3)]
    [TestCase(int.MaxValue, 1000)]
    [TestCase(1, 7)]
    [TestCase(33, 2)]
    [TestCase(64, 2)]
    [TestCase(65, 2)]
    public void PartsCoverTheSum(int length, int wanted)
    {
        (int splits, int depth) = TileChoice.Divide(length, wanted);
        Assert.That(splits, Is.InRange(1, wanted));
        Assert.That((long)splits * depth, Is.GreaterThanOrEqualTo(length));
        Assert.That((long)(splits - 1) * depth, Is.LessThan(length));
        Assert.That(depth % TileInfo.DepthGrain, Is.Zero);
    }

    [Test]
    public void ADeviceWithoutRoomSaysSo() => Assert.That(
        () => new TileChoice(Gpu with { SharedBytes = 100 }).Tile(new(1, 1, 1)),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("gpu:0"));
}
