using Fovea.Data;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>Images as characters, each one pixel wide and two high: half blocks in colour on a terminal, else shades of grey.</summary>
internal static class PixelArt
{
    private const int Gap = 2, PlainWidth = 100;

    private const string Shades = " ░▒▓█";

    public static void Write(Host host, LabelledImages images)
    {
        int room = host.Pictures?.Profile.Width ?? PlainWidth;
        int perRow = Math.Max(1, (room + Gap) / (images.Width + Gap));
        for (int first = 0; first < images.Count; first += perRow)
        {
            int last = Math.Min(images.Count, first + perRow);
            host.Out.WriteLine(
                string.Join(new string(' ', Gap), Enumerable.Range(first, last - first).Select(i => Caption(images, i))).TrimEnd());
            for (int y = 0; y < images.Height; y += 2)
            {
                if (host.Pictures is { } terminal) DrawRow(terminal, images, first, last, y);
                else host.Out.WriteLine(
                    string.Join(new string(' ', Gap), Enumerable.Range(first, last - first).Select(i => ShadeRow(images, i, y))).TrimEnd());
            }
        }
    }

    private static string Caption(LabelledImages images, int index)
    {
        string name = images.ClassNames[images.Label(index)];
        return name.Length > images.Width ? name[..images.Width] : name.PadRight(images.Width);
    }

    private static void DrawRow(IAnsiConsole terminal, LabelledImages images, int first, int last, int y)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        for (int i = first; i < last; i++)
        {
            if (i > first) line.Append(new string(' ', Gap));
            for (int x = 0; x < images.Width; x++)
                line.Append("▀", new Style(Pixel(images, i, x, y), y + 1 < images.Height ? Pixel(images, i, x, y + 1) : Color.Default));
        }
        terminal.Write(line);
        terminal.WriteLine();
    }

    private static Color Pixel(LabelledImages images, int index, int x, int y)
    {
        ReadOnlySpan<byte> pixel = images.Pixels(index).Slice(((y * images.Width) + x) * images.Channels, images.Channels);
        return images.Channels == 3 ? new Color(pixel[0], pixel[1], pixel[2]) : new Color(pixel[0], pixel[0], pixel[0]);
    }

    private static string ShadeRow(LabelledImages images, int index, int y) =>
        string.Create(images.Width, (images, index, y), static (characters, from) =>
    {
        (LabelledImages images, int index, int y) = from;
        for (int x = 0; x < characters.Length; x++)
        {
            int light = Light(images, index, x, y), below = y + 1 < images.Height ? Light(images, index, x, y + 1) : light;
            characters[x] = Shades[(light + below) * Shades.Length / 512];
        }
    });

    private static int Light(LabelledImages images, int index, int x, int y)
    {
        Color colour = Pixel(images, index, x, y);
        return ((299 * colour.R) + (587 * colour.G) + (114 * colour.B)) / 1000;
    }
}
