using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>How a parameter's elements are ordered in PyTorch, where that differs from here.</summary>
public abstract record ParameterLayout
{
    /// <summary>The same order in both.</summary>
    public static ParameterLayout Same { get; } = new SameLayout();

    /// <summary>A convolution's filters: K×R×S×C here, O×I×H×W there; or K×S×C here and O×I×L there.</summary>
    public static ParameterLayout Filters { get; } = new FilterLayout();

    /// <summary>
    /// A vector of features, or a matrix with a column for each, that were flattened from H×W×C: they run over height, width, channel
    /// here, and over channel, height, width there.
    /// </summary>
    public static ParameterLayout Flattened(int height, int width, int channels) => new FlattenedLayout(height, width, channels);

    /// <summary>
    /// For a parameter or buffer whose last dimension runs over the features of a value, examples × features: the order in which
    /// PyTorch has them if the value was flattened from an image, else the same as here.
    /// </summary>
    public static ParameterLayout OfFeatures(Value x) =>
        x.FlattenedFrom is { } image ? Flattened(image[0], image[1], image[2]) : Same;

    /// <summary>The sizes in PyTorch's order.</summary>
    public abstract Shape External(Shape shape);

    /// <summary>The sizes here, from those in PyTorch's order.</summary>
    public abstract Shape Internal(Shape shape);

    /// <summary>Reorders from here to PyTorch.</summary>
    public abstract void ToExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target);

    /// <summary>Reorders from PyTorch to here.</summary>
    public abstract void FromExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target);

    private sealed record SameLayout : ParameterLayout
    {
        public override Shape External(Shape shape) => shape;

        public override Shape Internal(Shape shape) => shape;

        public override void ToExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) => source.CopyTo(target);

        public override void FromExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) => source.CopyTo(target);
    }

    private sealed record FilterLayout : ParameterLayout
    {
        public override Shape External(Shape shape) => new([shape[0], shape[^1], .. shape.Dimensions[1..^1]]);

        public override Shape Internal(Shape shape) => new([shape[0], .. shape.Dimensions[2..], shape[1]]);

        public override void ToExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) =>
            TransposeEach(shape[0], Taps(shape), shape[^1], source, target);

        public override void FromExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) =>
            TransposeEach(shape[0], shape[^1], Taps(shape), source, target);

        private static int Taps(Shape shape) => (int)(shape.Count / shape[0] / shape[^1]);
    }

    private sealed record FlattenedLayout(int Height, int Width, int Channels) : ParameterLayout
    {
        public override Shape External(Shape shape) => shape;

        public override Shape Internal(Shape shape) => shape;

        public override void ToExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) =>
            TransposeEach(Rows(shape), Height * Width, Channels, source, target);

        public override void FromExternal(Shape shape, ReadOnlySpan<float> source, Span<float> target) =>
            TransposeEach(Rows(shape), Channels, Height * Width, source, target);

        private int Rows(Shape shape)
        {
            long features = (long)Height * Width * Channels;
            return shape.Count % features == 0 && shape[^1] == features
                ? (int)(shape.Count / features)
                : throw new ShapeException($"A parameter of {shape} does not run over {features} features that were flattened " +
                    $"from {Height}×{Width}×{Channels}.");
        }
    }

    private static void TransposeEach(int count, int rows, int columns, ReadOnlySpan<float> source, Span<float> target)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> from = source.Slice(i * rows * columns, rows * columns);
            Span<float> to = target.Slice(i * rows * columns, rows * columns);
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++) to[(c * rows) + r] = from[(r * columns) + c];
            }
        }
    }
}
