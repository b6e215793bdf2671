namespace Fovea.Ops;

/// <summary>The attributes of a two-dimensional convolution.</summary>
/// <param name="Window">Stride, padding and dilation; its size is that of the filters.</param>
/// <param name="Groups">Into how many independent parts the channels are divided.</param>
public sealed record ConvolutionGeometry(Window Window, int Groups = 1)
{
    /// <summary>Puts the sizes together and checks that they fit.</summary>
    /// <exception cref="ShapeException">They do not.</exception>
    internal ConvolutionShape Shape(Shape input, Shape weights)
    {
        if (input.Rank != 4) throw new ShapeException($"A convolution takes images N×H×W×C, not {input}.");
        if (weights.Rank != 4) throw new ShapeException($"A convolution takes filters K×R×S×C, not {weights}.");
        if (Groups < 1 || input[3] % Groups != 0 || weights[0] % Groups != 0)
            throw new ShapeException($"{Groups} groups do not divide {input[3]} input channels and {weights[0]} filters.");
        if (weights[3] != input[3] / Groups)
        {
            string groups = Groups > 1 ? $" in {Groups} groups" : "";
            throw new ShapeException($"The filters {weights} take {weights[3]} channels, but the input {input} has {input[3]}{groups}.");
        }
        var shape = new ConvolutionShape
        {
            N = input[0],
            C = input[3],
            K = weights[0],
            Window = (Window with { R = weights[1], S = weights[2] }).Over("Convolution", input[1], input[2]),
            Groups = Groups,
        };
        CheckSizes(shape);
        return shape;
    }

    /// <summary>Checks what algorithms count in 32 bits: pixels, the weights of a filter, and the elements of a padded line.</summary>
    private static void CheckSizes(ConvolutionShape s)
    {
        const string What = "Convolution";
        long line = (long)s.W + s.PadLeft + s.PadRight + Window.Reach(s.S, s.DilationW);
        WindowLimits.Check(What, "the pixels of all input images", (Int128)s.N * s.H * s.W);
        WindowLimits.Check(What, "the pixels of all output images", (Int128)s.N * s.P * s.Q);
        WindowLimits.Check(What, "the weights of a filter", (Int128)s.R * s.S * Math.Max(s.GroupC, s.GroupK));
        WindowLimits.Check(What, "the elements of a line of an image with its padding", line * Math.Max(s.C, s.K), 1 << 29);
        WindowLimits.Check(What, "the multiply-adds", (Int128)s.N * s.P * s.Q * s.K * s.R * s.S * s.GroupC, WindowLimits.MostWork);
    }
}
