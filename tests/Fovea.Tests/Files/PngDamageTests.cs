using Fovea.Files;

namespace Fovea.Tests;

public class PngDamageTests
{
    private static readonly byte[] Palette = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    private static byte[] Small => new TestPng(5, 4, 3, 2) { Split = 9, Interlaced = true }.Before("PLTE", Palette).Before("tRNS", 5)
        .Encode([.. Enumerable.Range(0, 20).Select(i => i % 3)]);

    [Test]
    public void TheUndamagedFileIsRead() => Assert.That(RasterImage.Decode(Small, "x").Channels, Is.EqualTo(4));

    [Test]
    public void EveryTruncationIsReported()
    {
        byte[] whole = Small;
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.That(
                () => RasterImage.Decode(whole[..length], "cut.png"),
                Throws.TypeOf<ImageFormatException>().With.Message.Contains("cut.png"),
                $"{length} bytes");
        }
    }

    [Test]
    public void EveryChangedBitIsReported()
    {
        byte[] whole = Small;
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(() => RasterImage.Decode(changed, "x"), Throws.TypeOf<ImageFormatException>(), $"bit {bit}");
        }
    }

    /// <summary>The check sums of chunks are right here, so that the content itself is what is found wrong.</summary>
    [Test]
    public void EveryChangedByteOfTheCompressedPixelsIsReportedOrHarmless()
    {
        var png = new TestPng(6, 5, 0, 8);
        int[] samples = [.. Enumerable.Range(0, 30).Select(i => i * i % 256)];
        byte[] compressed = TestPng.Deflate(png.Rows(samples));
        int reported = 0;
        void Try(byte[] damaged, string damage)
        {
            try
            {
                var image = RasterImage.Decode(png.Assemble(damaged), "x");
                Assert.That(image.Pixels, Is.EqualTo(samples.Select(value => (byte)value)), damage);
            }
            catch (ImageFormatException)
            {
                reported++;
            }
        }

        for (int i = 0; i < compressed.Length; i++)
        {
            byte[] cut = compressed[..i];
            Assert.That(() => RasterImage.Decode(png.Assemble(cut), "x"), Throws.TypeOf<ImageFormatException>(), $"cut to {i} bytes");
            for (int change = 1; change < 256; change <<= 1)
            {
                byte[] changed = [.. compressed];
                changed[i] ^= (byte)change;
                Try(changed, $"byte {i} changed by {change}");
            }
        }
        // What passes are bits that do not bear on the pixels.
        Assert.That(reported, Is.GreaterThan(compressed.Length * 7));
    }

    [TestCase(5)]
    [TestCase(255)]
    public void AnUnknownFilterIsReportedWithItsRow(byte filter) =>
        Expect(new TestPng(1, 1, 0, 8) { FalseFilter = filter }.Encode([0]), $"filter type {filter} in row 0");

    [Test]
    public void TooFewAndTooManyRowsAreReported()
    {
        var png = new TestPng(2, 2, 0, 8);
        Expect(png.Assemble(TestPng.Deflate(new byte[5])), "less than the image");
        Expect(png.Assemble(TestPng.Deflate(new byte[7])), "more than the image");
        Expect(png.Assemble([]), "cannot hold");
    }

    [Test]
    public void AColourBeyondThePaletteIsReportedWithItsRow() =>
        Expect(new TestPng(1, 2, 3, 2).Before("PLTE", Palette).Encode([2, 3]), "colour 3 in row 1");

    [TestCase(0, 8, 0, 8, "0 × 8")]
    [TestCase(8, 0, 0, 8, "8 × 0")]
    [TestCase(-1, 8, 0, 8, "4294967295 × 8")]
    [TestCase(8, 8, 1, 8, "colour type 1")]
    [TestCase(8, 8, 2, 4, "bit depth 4")]
    [TestCase(8, 8, 3, 16, "bit depth 16")]
    [TestCase(8, 8, 0, 3, "bit depth 3")]
    [TestCase(8, 8, 7, 8, "colour type 7")]
    public void AnImpossibleHeaderIsReported(int width, int height, int colour, int depth, string reason) =>
        Expect(new TestPng(width, height, colour, depth).Assemble([]), reason);

    [TestCase(10, 1, "methods 1, 0, 0")]
    [TestCase(11, 1, "methods 0, 1, 0")]
    [TestCase(12, 2, "methods 0, 0, 2")]
    public void AnUnknownMethodIsReported(int index, byte value, string reason)
    {
        byte[] header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
        header[index] = value;
        Expect(TestPng.Chunks(("IHDR", header), ("IEND", [])), reason);
        Expect(TestPng.Chunks(("IHDR", header[..12]), ("IEND", [])), "IHDR chunk of 12 bytes");
    }

    [Test]
    public void ALyingHeaderGetsNoMemory([Values] bool interlaced, [Values(1_000_000, 16_000, int.MaxValue)] int size)
    {
        byte[] png = new TestPng(size, size, 6, 16) { Interlaced = interlaced }.Assemble(TestPng.Deflate(new byte[1000]));
        byte[] gray = new TestPng(16_000, 16_000, 0, 1) { Interlaced = interlaced }.Assemble(TestPng.Deflate(new byte[1000]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Expect(png, "pass the limit");
        Expect(gray, "cannot hold");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000), "bytes allocated");
    }

    [Test]
    public void ChunksOutOfPlaceAreReported()
    {
        static TestPng Gray() => new(1, 1, 0, 8);
        static TestPng Colours() => new(1, 1, 3, 1);
        Expect(Colours().Encode([0]), "PLTE chunk is missing");
        Expect(Gray().Before("PLTE", Palette).Encode([0]), "PLTE chunk out of place");
        Expect(Colours().Before("PLTE", Palette).Encode([0]), "palette of 9 bytes");
        Expect(Colours().Before("PLTE", 1, 2).Encode([0]), "palette of 2 bytes");
        Expect(Colours().Before("PLTE").Encode([0]), "palette of 0 bytes");
        Expect(Colours().Before("PLTE", 1, 2, 3).Before("PLTE", 1, 2, 3).Encode([0]), "PLTE chunk out of place");
        Expect(Colours().Before("tRNS", 1).Before("PLTE", 1, 2, 3).Encode([0]), "tRNS chunk");
        Expect(Colours().Before("PLTE", 1, 2, 3).Before("tRNS", 1, 2).Encode([0]), "tRNS chunk");
        Expect(Gray().Before("tRNS", 1).Encode([0]), "tRNS chunk");
        Expect(Gray().After("tRNS", 0, 0).Encode([0]), "tRNS chunk");
        Expect(new TestPng(1, 1, 6, 8).Before("tRNS", 0, 0).Encode([0, 0, 0, 0]), "tRNS chunk");
        Expect(Gray().Before("IHDR", new byte[13]).Encode([0]), "second IHDR");
        Expect(Gray().Before("NEWS").Encode([0]), "'NEWS'");
        Expect(Gray().After("tIME").After("IDAT", 1).Encode([0]), "another between");
        Expect(Gray().After("IEND", 1).Encode([0]), "IEND chunk is not empty");
        Expect(TestPng.Chunks(("IDAT", [])), "not IHDR");
    }

    [Test]
    public void ADamagedChunkIsReportedWithItsPlace()
    {
        byte[] png = new TestPng(1, 1, 0, 8).Encode([0]);
        png[8 + 12 + 13 + 8] ^= 1; // The first byte of IDAT's data.
        var fault = Expect(png, "'IDAT'");
        Assert.That((fault.FilePath, fault.Offset), Is.EqualTo(("x.png", 8L + 12 + 13)));
    }

    private static ImageFormatException Expect(byte[] file, string reason)
    {
        var fault = Assert.Throws<ImageFormatException>(() => RasterImage.Decode(file, "x.png"))!;
        Assert.That(fault.Message, Does.Contain(reason).And.Contain("x.png"));
        return fault;
    }
}
