using System.Runtime.CompilerServices;
using Fovea.Ops;

namespace Fovea.Cpu.Convolution;

/// <summary>
/// Some lines of an image as tiles read them: copied with their padding, so that no tap needs a test, and with room behind the last
/// one for what tiles read too much.
/// </summary>
/// <param name="Grid">The patches that are read; its data are not used.</param>
/// <param name="Lines">Lines of the grid that a band is for.</param>
/// <param name="Slack">Elements that may be read past the end.</param>
internal readonly unsafe record struct DirectBand(PatchGrid Grid, int Lines, int Slack)
{
    /// <summary>Elements of a line of the band.</summary>
    public int LineFloats => Width * Grid.PixelStride;

    /// <summary>Elements of a band, rounded up to whole vectors.</summary>
    public long Floats => (((long)Height(Lines) * LineFloats) + Slack + 15) / 16 * 16;

    /// <summary>The first tap's place in the band, which taps in the opposite direction need not be at its beginning.</summary>
    public nint Origin => ((nint)Math.Max(0, -(Grid.TapsY - 1) * Grid.TapStepY) * LineFloats)
        + (Math.Max(0, -(Grid.TapsX - 1) * Grid.TapStepX) * Grid.PixelStride);

    private int Width => ((Grid.GridWidth - 1) * Grid.StepX) + (Math.Abs(Grid.TapStepX) * (Grid.TapsX - 1)) + 1;

    /// <summary>Fills a band.</summary>
    /// <param name="image">The image.</param>
    /// <param name="firstLine">The grid's first line.</param>
    /// <param name="lines">How many lines of the grid, at most <see cref="Lines"/>.</param>
    /// <param name="band">Where to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(float* image, int firstLine, int lines, float* band)
    {
        int y = (firstLine * Grid.StepY) + Grid.OffsetY + Math.Min(0, (Grid.TapsY - 1) * Grid.TapStepY),
            x = Grid.OffsetX + Math.Min(0, (Grid.TapsX - 1) * Grid.TapStepX);
        int pixel = Grid.PixelStride, before = Math.Clamp(-x, 0, Width),
            inside = Math.Clamp(Math.Min(x + Width, Grid.Width) - (x + before), 0, Width - before);
        int height = Height(lines);
        for (int line = 0; line < height; line++, y++, band += LineFloats)
        {
            var target = new Span<float>(band, LineFloats);
            if ((uint)y >= (uint)Grid.Height)
            {
                target.Clear();
                continue;
            }
            target[..(before * pixel)].Clear();
            new ReadOnlySpan<float>(image + ((((nint)y * Grid.Width) + x + before) * pixel), inside * pixel)
                .CopyTo(target[(before * pixel)..]);
            target[((before + inside) * pixel)..].Clear();
        }
        // What is read too much is not used, but must not be slow to calculate with, as denormal numbers would be.
        new Span<float>(band, Slack).Clear();
    }

    private int Height(int lines) => ((lines - 1) * Grid.StepY) + (Math.Abs(Grid.TapStepY) * (Grid.TapsY - 1)) + 1;
}

/// <summary>Columns of a result that a tile computes together.</summary>
/// <param name="Group">Their group.</param>
/// <param name="First">The first one's number within the group.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Vectors">Vectors they take.</param>
internal readonly record struct DirectBlock(int Group, int First, int Count, int Vectors)
{
    /// <summary>Divides columns into blocks of at most some vectors.</summary>
    public static DirectBlock[] Divide(int groups, int columns, int lanes, int maxVectors)
    {
        var blocks = new List<DirectBlock>();
        for (int group = 0; group < groups; group++)
        {
            for (int first = 0; first < columns; first += maxVectors * lanes)
            {
                int count = Math.Min(maxVectors * lanes, columns - first);
                blocks.Add(new DirectBlock(group, first, count, (count + lanes - 1) / lanes));
            }
        }
        return [.. blocks];
    }
}
