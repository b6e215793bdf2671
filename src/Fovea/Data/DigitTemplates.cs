using System.Globalization;

namespace Fovea.Data;

/// <summary>How a pen runs through the points of a stroke.</summary>
internal enum StrokeKind
{
    /// <summary>Straight from point to point.</summary>
    Lines,

    /// <summary>Along a smooth curve through the points.</summary>
    Curve,

    /// <summary>Along a smooth closed curve through the points.</summary>
    Loop,
}

/// <summary>One movement of the pen: x and y of each point in turn; the digit fills the unit square, y pointing down.</summary>
internal sealed record Stroke(StrokeKind Kind, float[] Points);

/// <summary>The ways of writing each digit.</summary>
internal static class DigitTemplates
{
    // L: lines, C: curve, O: closed loop; then the points. One string per way of writing.
    private static readonly string[][] Sources =
    [
        [
            "O .5 0 .24 .14 .12 .5 .25 .87 .5 1 .76 .86 .88 .5 .76 .13",
            "C .62 .04 .4 .02 .17 .2 .1 .55 .24 .9 .52 1 .8 .84 .9 .5 .78 .16 .55 .03 .42 .1",
            "O .55 0 .34 .16 .22 .5 .27 .88 .46 1 .66 .84 .78 .5 .73 .12",
            "O .5 .06 .18 .2 .04 .52 .2 .86 .5 .96 .82 .84 .96 .5 .82 .18",
        ],
        [
            "L .5 0 .5 1",
            "L .66 0 .38 1",
            "C .6 0 .52 .3 .47 .65 .45 1",
            "L .34 .2 .54 0 .52 1",
            "L .3 .22 .52 0 .51 1 L .26 1 .78 1",
        ],
        [
            "C .14 .24 .32 .03 .64 .01 .83 .2 .76 .46 .48 .74 .1 .99 L .1 .99 .9 .98",
            "C .16 .2 .4 0 .74 .07 .8 .32 .58 .66 .26 .95 .1 .9 .18 .75 .42 .84 .66 .98 .92 .9",
            "C .12 .16 .4 .01 .72 .1 .74 .36 .5 .68 .14 .97 C .14 .97 .4 .9 .66 .99 .92 .94",
            "C .2 .3 .26 .08 .52 0 .76 .12 .74 .4 .46 .72 .2 .96 L .2 .96 .86 .96",
        ],
        [
            "C .15 .13 .44 0 .76 .11 .75 .34 .4 .48 C .4 .48 .8 .57 .86 .82 .52 1 .12 .9",
            "L .16 .03 .8 .03 .42 .4 C .42 .4 .82 .48 .85 .8 .5 1 .12 .88",
            "C .16 .12 .46 0 .78 .14 .68 .4 .42 .5 .3 .46 .42 .43 .78 .56 .84 .84 .48 1 .12 .9",
            "C .2 .06 .58 .01 .76 .16 .62 .4 .36 .47 C .36 .47 .72 .5 .84 .7 .7 .94 .36 1 .14 .92",
        ],
        [
            "L .22 0 .12 .56 .88 .54 L .74 .12 .68 1",
            "L .62 0 .08 .66 .94 .66 L .64 .02 .62 1",
            "C .18 0 .1 .3 .18 .54 .5 .58 .82 .46 C .84 0 .78 .45 .74 1",
            "C .3 .02 .2 .25 .12 .5 L .12 .5 .9 .56 L .66 .2 .56 1",
        ],
        [
            "L .82 .03 .28 .03 .22 .42 C .22 .42 .5 .35 .8 .5 .84 .78 .55 1 .12 .93",
            "C .88 .02 .5 .02 .3 .1 .26 .3 .46 .42 .74 .54 .82 .8 .52 1 .14 .92",
            "C .3 .05 .24 .42 .5 .36 .8 .52 .78 .84 .48 1 .14 .92 L .3 .05 .88 .02",
            "L .78 .05 .4 .03 .28 .44 C .28 .44 .58 .4 .74 .6 .66 .88 .36 1 .16 .94",
        ],
        [
            "C .7 0 .38 .2 .17 .55 .2 .86 .48 1 .78 .86 .76 .62 .5 .52 .22 .68",
            "C .54 0 .3 .34 .18 .7 .34 .97 .68 .95 .78 .7 .54 .55 .24 .74",
            "C .82 .06 .44 .1 .16 .48 .18 .86 .5 1 .84 .82 .74 .54 .44 .5 .2 .66",
            "C .4 0 .24 .36 .2 .72 .36 .98 .62 .96 .74 .76 .58 .62 .36 .7 .24 .86",
        ],
        [
            "L .1 .05 .88 .05 .42 1",
            "L .12 .05 .88 .04 .4 1 L .3 .52 .78 .5",
            "L .12 .06 .88 .03 C .88 .03 .62 .38 .46 .7 .42 1",
            "L .12 .22 .12 .05 .88 .04 .46 1",
            "C .1 .12 .34 .04 .6 .1 .86 .04 C .86 .04 .66 .4 .5 .7 .4 1",
        ],
        [
            "O .72 .1 .45 0 .22 .18 .5 .47 .82 .76 .5 1 .18 .78 .48 .5 .78 .25",
            "O .5 0 .26 .08 .22 .28 .5 .45 .76 .28 .74 .08 O .5 .45 .18 .6 .18 .88 .5 1 .82 .88 .82 .6",
            "C .8 .1 .5 0 .22 .16 .42 .44 .8 .72 .54 1 .2 .82 .44 .52 .84 .12",
            "O .68 .04 .4 .06 .3 .26 .52 .46 .68 .74 .44 1 .22 .8 .44 .52 .74 .26",
        ],
        [
            "C .78 .16 .52 0 .24 .14 .24 .4 .5 .5 .76 .3 .8 .08 .78 .5 .7 1",
            "C .78 .12 .5 0 .22 .16 .26 .44 .54 .48 .8 .2 .8 .55 .66 .9 .36 1 .16 .9",
            "O .5 0 .26 .12 .26 .4 .5 .5 .74 .38 .76 .1 L .78 .14 .62 1",
            "O .46 .02 .22 .18 .3 .44 .54 .44 .76 .24 .7 .04 C .78 .14 .68 .5 .5 .8 .4 1",
        ],
    ];

    /// <summary>The ways of writing each digit, by digit.</summary>
    public static readonly Stroke[][][] All = [.. Sources.Select(ways => ways.Select(Parse).ToArray())];

    private static Stroke[] Parse(string source)
    {
        var strokes = new List<Stroke>();
        string[] words = source.Split(' ');
        for (int i = 0; i < words.Length;)
        {
            StrokeKind kind = words[i++] switch { "L" => StrokeKind.Lines, "C" => StrokeKind.Curve, _ => StrokeKind.Loop };
            var points = new List<float>();
            while (i < words.Length && !char.IsAsciiLetter(words[i][0]))
                points.Add(float.Parse(words[i++], CultureInfo.InvariantCulture));
            strokes.Add(new Stroke(kind, [.. points]));
        }
        return [.. strokes];
    }
}
