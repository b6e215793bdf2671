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
        return new ConvolutionShape
        {
            N = input[0],
            C = input[3],
            K = weights[0],
            Window = (Window with { R = weights[1], S = weights[2] }).Over("Convolution", input[1], input[2]),
            Groups = Groups,
        };
    }
}
