namespace Fovea.Ops;

/// <summary>The attributes of a two-dimensional pooling.</summary>
/// <param name="Window">The window's size, stride, padding and dilation.</param>
/// <param name="CeilMode">Whether the output's size is rounded up, so that a last window may reach past the edge.</param>
/// <param name="CountPadding">Whether an average counts the padding.</param>
public sealed record PoolingGeometry(Window Window, bool CeilMode = false, bool CountPadding = true)
{
    /// <summary>Puts the sizes together and checks that they fit.</summary>
    /// <exception cref="ShapeException">They do not.</exception>
    internal PoolingShape Shape(Shape input)
    {
        if (input.Rank != 4) throw new ShapeException($"A pooling takes images N×H×W×C, not {input}.");
        var shape = new PoolingShape
        {
            N = input[0],
            C = input[3],
            Window = Window.Over("Pooling", input[1], input[2], CeilMode),
            CountPadding = CountPadding,
        };
        if (2L * Math.Max(Window.PadTop, Window.PadBottom) > Window.R || 2L * Math.Max(Window.PadLeft, Window.PadRight) > Window.S)
            throw new ShapeException($"Padding may be at most half the window, but the window is {Window}.");
        WindowLimits.Check("Pooling", "the taps of a window", (long)Window.R * Window.S);
        WindowLimits.Check("Pooling", "the lines of all images", (long)shape.N * Math.Max(shape.H, shape.P));
        return shape;
    }
}
