using System.Text;
using Fovea.Files;

namespace Fovea.Tests;

public class PnmReaderTests
{
    [TestCase("P2\n2 2\n255\n0 1\n254 255\n", 1, new byte[] { 0, 1, 254, 255 })]
    [TestCase("P2 # a comment\n#another 7 7\r\n2#\n 2 4\t0 1\n3 # here too\n4\n", 1, new byte[] { 0, 64, 191, 255 })]
    [TestCase("P2 2 2 65535 0 65535 32768 128#", 1, new byte[] { 0, 255, 128, 0 })]
    [TestCase("P3 2 2 1 0 0 0 1 1 1 1 0 0 0 0 1 ", 3, new byte[] { 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255 })]
    [TestCase("P5\n2\n2\n255\nabcd", 1, new byte[] { 97, 98, 99, 100 })]
    [TestCase("P5 2 2 255\n\n\n #trailing", 1, new byte[] { 10, 10, 32, 35 })]
    [TestCase("P5 2 2 100 \0\u0001\u0032\u0064", 1, new byte[] { 0, 3, 128, 255 })]
    [TestCase("P5 2 2 256 \0\0\u0001\0\0\u0080\0\u0001", 1, new byte[] { 0, 255, 128, 1 })]
    [TestCase("P6 2 2 255 abcdefghijkl", 3, new byte[] { 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108 })]
    public void EveryKindIsRead(string text, int channels, byte[] expected)
    {
        var image = RasterImage.Decode(Encoding.Latin1.GetBytes(text), "x.pnm");
        Assert.That((image.Width, image.Height, image.Channels), Is.EqualTo((2, 2, channels)));
        Assert.That(image.Pixels, Is.EqualTo(expected));
    }

    [TestCase("P5\n2 2\n255\nabcd")]
    [TestCase("P6\n1 1\n65535\nabcdef")]
    [TestCase("P2\n2 2\n9\n1 2 3 4\n")]
    [TestCase("P2\n2 2\n255\n0 1 254 255\n")]
    [TestCase("P3\n1 1\n9\n1 2 3 ")]
    [TestCase("P5\n1 2\n65535\nabcd")]
    public void EveryTruncationIsReported(string text)
    {
        byte[] whole = Encoding.Latin1.GetBytes(text);
        Assert.That(() => RasterImage.Decode(whole, "x"), Throws.Nothing);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.That(
                () => RasterImage.Decode(whole[..length], "cut.pgm"),
                Throws.TypeOf<ImageFormatException>().With.Message.Contains("cut.pgm"),
                $"{length} bytes");
        }
    }

    [TestCase("P5 0 2 255 ", 3, "the width")]
    [TestCase("P5 x 2 255 ", 3, "the width is not a number")]
    [TestCase("P5 -1 2 255 ", 3, "the width is not a number")]
    [TestCase("P5 99999999999999999999 2 255 ", 3, "the width")]
    [TestCase("P5 2 0 255 ", 5, "the height")]
    [TestCase("P5 2 2 0 abcd", 7, "the largest value")]
    [TestCase("P5 2 2 65536 abcd", 7, "the largest value")]
    [TestCase("P5 2 2 255abcd", 11, "white space")]
    [TestCase("P5 2 2 9 \u0001\u000aaa", 10, "a sample of 10 passes the largest value 9")]
    [TestCase("P2 2 2 9 1 2 10 4", 13, "a sample")]
    [TestCase("P2 2 2 9 1 2 x 4", 13, "a sample is not a number")]
    [TestCase("P5 60000 60000 255 a", 18, "the limit")]
    [TestCase("P6 2147483647 2147483647 65535 a", 30, "the limit")]
    [TestCase("P2 10000 10000 255 1 2 3", 18, "cut off")]
    [TestCase("P2 1 2 255 254 25", 17, "no white space after the last sample; the file is cut off")]
    [TestCase("P3 1 1 9 1 2 3x", 14, "a sample is not a number")]
    public void AFaultIsReportedWithItsPlace(string text, int offset, string reason)
    {
        var fault = Assert.Throws<ImageFormatException>(() => RasterImage.Decode(Encoding.Latin1.GetBytes(text), "x.pnm"))!;
        Assert.That(fault.Message, Does.Contain(reason).And.Contain("x.pnm"));
        Assert.That(fault.Offset, Is.EqualTo(offset));
    }

    [Test]
    public void ALyingHeaderGetsNoMemory()
    {
        byte[] file = Encoding.ASCII.GetBytes("P5 16000 16000 255 a");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => RasterImage.Decode(file, "x"), Throws.TypeOf<ImageFormatException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000), "bytes allocated");
    }
}
