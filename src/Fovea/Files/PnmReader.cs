namespace Fovea.Files;

/// <summary>
/// Reads the gray and colour images of the Netpbm project, as its manual pages pgm(5) and ppm(5) have them: P2 and P3 in
/// decimal text, P5 and P6 in bytes. Of several images in a file, the first is read.
/// </summary>
internal sealed class PnmReader(byte[] file, string name)
{
    private int at;

    public static bool Knows(ReadOnlySpan<byte> file) =>
        file.Length >= 2 && file[0] == 'P' && file[1] is (byte)'2' or (byte)'3' or (byte)'5' or (byte)'6'
        && (file.Length == 2 || IsSpace(file[2]) || file[2] == '#');

    public RasterImage Read()
    {
        char type = (char)file[1];
        at = 2;
        int channels = type is '3' or '6' ? 3 : 1;
        int width = Number("the width", 1, int.MaxValue), height = Number("the height", 1, int.MaxValue);
        int largest = Number("the largest value", 1, ushort.MaxValue);

        Int128 exact = (Int128)width * height * channels;
        if (exact > RasterImage.MaxBytes)
            throw new ImageFormatException(name, RasterImage.TooLarge(width, height, channels), at);
        int count = (int)exact;
        bool text = type is '2' or '3';
        if (!text && (at == file.Length || !IsSpace(file[at++])))
            throw Fault("no white space after the largest value");
        // In text a sample takes a digit and a space: a header cannot ask for more memory than the file justifies.
        long needed = text || largest > byte.MaxValue ? 2L * count : count;
        if (needed > file.Length - at)
            throw Fault($"{count} samples need at least {needed} bytes, but {file.Length - at} follow; the file is cut off");

        byte[] pixels = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int sample = text ? Number("a sample", 0, largest) : Sample(largest);
            pixels[i] = (byte)(((sample * 255) + (largest / 2)) / largest);
        }
        // White space stands behind every sample; where there is none, digits may be missing.
        if (text && (at == file.Length || !(IsSpace(file[at]) || file[at] == '#')))
            throw Fault(at == file.Length ? "no white space after the last sample; the file is cut off" : "a sample is not a number");
        return new RasterImage(width, height, channels, pixels);
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private int Sample(int largest)
    {
        int start = at, sample = file[at++];
        if (largest > byte.MaxValue)
            sample = (sample << 8) | file[at++];
        return sample <= largest ? sample : throw Fault($"a sample of {sample} passes the largest value {largest}", start);
    }

    private int Number(string what, int min, int max)
    {
        while (at < file.Length && (IsSpace(file[at]) || file[at] == '#'))
        {
            // A comment reaches to the end of its line.
            if (file[at] == '#')
            {
                int length = file.AsSpan(at).IndexOfAny((byte)'\n', (byte)'\r');
                at = length < 0 ? file.Length : at + length;
            }
            else
            {
                at++;
            }
        }
        int start = at;
        long number = 0;
        for (; at < file.Length && char.IsAsciiDigit((char)file[at]) && number <= max; at++)
            number = (number * 10) + file[at] - '0';
        if (at == start)
            throw Fault(at == file.Length ? $"the file ends before {what}" : $"{what} is not a number");
        if (number < min || number > max)
            throw Fault($"{what} is not within {min} and {max}", start);
        return (int)number;
    }

    private ImageFormatException Fault(string problem, long? offset = null) => new(name, $"damaged PNM: {problem}.", offset ?? at);
}
