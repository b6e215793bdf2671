using Fovea.Compute.Dialect;

namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>How many elements a thread works on, and how they move.</summary>
public interface IMapLanes
{
    /// <summary>How many elements.</summary>
    static abstract int Count { get; }

    /// <summary>Reads the elements of a place.</summary>
    static abstract void Load(ArrayView<float> view, int index, Span<float> r, int at);

    /// <summary>Writes the elements of a place.</summary>
    static abstract void Store(ArrayView<float> view, int index, Span<float> r, int at);
}

/// <summary>One element.</summary>
public readonly struct OneLane : IMapLanes
{
    /// <inheritdoc/>
    public static int Count => 1;

    /// <inheritdoc/>
    public static void Load(ArrayView<float> view, int index, Span<float> r, int at) => r[at] = view[index];

    /// <inheritdoc/>
    public static void Store(ArrayView<float> view, int index, Span<float> r, int at) => view[index] = r[at];
}

/// <summary>Four elements, moved as one.</summary>
public readonly struct FourLanes : IMapLanes
{
    /// <inheritdoc/>
    public static int Count => 4;

    /// <inheritdoc/>
    public static void Load(ArrayView<float> view, int index, Span<float> r, int at)
    {
        Float4 value = view.Cast<Float4>()[index];
        r[at] = value.X;
        r[at + 1] = value.Y;
        r[at + 2] = value.Z;
        r[at + 3] = value.W;
    }

    /// <inheritdoc/>
    public static void Store(ArrayView<float> view, int index, Span<float> r, int at) =>
        view.Cast<Float4>()[index] = new Float4(r[at], r[at + 1], r[at + 2], r[at + 3]);
}

/// <summary>How an array is spread over the elements.</summary>
public interface IMapSpread
{
    /// <summary>Reads what belongs to the thread's place.</summary>
    static abstract void Load<TLanes>(ArrayView<float> view, in MapFrame frame, Span<float> r, int at)
        where TLanes : struct, IMapLanes;
}

/// <summary>One value an element.</summary>
public readonly struct FullSpread : IMapSpread
{
    /// <inheritdoc/>
    public static void Load<TLanes>(ArrayView<float> view, in MapFrame frame, Span<float> r, int at)
        where TLanes : struct, IMapLanes => TLanes.Load(view, frame.Index, r, at);
}

/// <summary>One value for all.</summary>
public readonly struct ScalarSpread : IMapSpread
{
    /// <inheritdoc/>
    public static void Load<TLanes>(ArrayView<float> view, in MapFrame frame, Span<float> r, int at)
        where TLanes : struct, IMapLanes
    {
        float value = view[0];
        for (int lane = 0; lane < TLanes.Count; lane++) r[at + lane] = value;
    }
}

/// <summary>A vector that repeats.</summary>
public readonly struct RepeatingSpread : IMapSpread
{
    /// <inheritdoc/>
    public static void Load<TLanes>(ArrayView<float> view, in MapFrame frame, Span<float> r, int at)
        where TLanes : struct, IMapLanes => TLanes.Load(view, frame.Index % frame.Period, r, at);
}
