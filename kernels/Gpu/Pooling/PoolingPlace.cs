using Fovea.Ops;

namespace Fovea.Gpu.Pooling;

/// <summary>A position of an array N×rows×columns×C.</summary>
internal readonly struct PoolingPlace
{
    public PoolingPlace(int index, int rows, int columns, int channels)
    {
        Channel = index % channels;
        index /= channels;
        Column = index % columns;
        index /= columns;
        Row = index % rows;
        Image = index / rows;
    }

    public readonly int Image, Row, Column, Channel;

    /// <summary>Where a pixel of the same image and channel lies in the input N×H×W×C.</summary>
    public int Pixel(Window window, int y, int x, int channels) => ((((Image * window.H) + y) * window.W) + x) * channels + Channel;
}
