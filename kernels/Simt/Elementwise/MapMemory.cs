using Fovea.Compute.Dialect;

namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>What a thread of a map works on: the arrays, and its place in them.</summary>
public readonly struct MapFrame(
    ArrayView<float> m0, ArrayView<float> m1, ArrayView<float> m2, ArrayView<float> m3, ArrayView<float> m4, ArrayView<float> m5, ArrayView<float> m6, ArrayView<float> m7,
    ArrayView<float> m8, ArrayView<float> m9, ArrayView<float> m10, ArrayView<float> m11, ArrayView<float> m12, ArrayView<float> m13, ArrayView<float> m14, ArrayView<float> m15,
    int index, int period)
{
    internal readonly ArrayView<float> M0 = m0;
    internal readonly ArrayView<float> M1 = m1;
    internal readonly ArrayView<float> M2 = m2;
    internal readonly ArrayView<float> M3 = m3;
    internal readonly ArrayView<float> M4 = m4;
    internal readonly ArrayView<float> M5 = m5;
    internal readonly ArrayView<float> M6 = m6;
    internal readonly ArrayView<float> M7 = m7;
    internal readonly ArrayView<float> M8 = m8;
    internal readonly ArrayView<float> M9 = m9;
    internal readonly ArrayView<float> M10 = m10;
    internal readonly ArrayView<float> M11 = m11;
    internal readonly ArrayView<float> M12 = m12;
    internal readonly ArrayView<float> M13 = m13;
    internal readonly ArrayView<float> M14 = m14;
    internal readonly ArrayView<float> M15 = m15;

    /// <summary>The thread's element, or its vector of elements.</summary>
    public readonly int Index = index;

    /// <summary>After how many elements, or vectors, a repeating array begins again.</summary>
    public readonly int Period = period;
}

/// <summary>One of the arrays. Which one is a type, so that no code is left for choosing.</summary>
public interface IMapSlot
{
    /// <summary>The array.</summary>
    static abstract ArrayView<float> Of(in MapFrame frame);
}

/// <summary>The slots.</summary>
public static class MapSlots
{
    /// <summary>How many arrays a map can have, inputs and outputs together.</summary>
    public const int Count = 16;

    internal static readonly Type[] All =
    [
        typeof(Slot0), typeof(Slot1), typeof(Slot2), typeof(Slot3), typeof(Slot4), typeof(Slot5), typeof(Slot6), typeof(Slot7),
        typeof(Slot8), typeof(Slot9), typeof(Slot10), typeof(Slot11), typeof(Slot12), typeof(Slot13), typeof(Slot14), typeof(Slot15),
    ];

    internal readonly struct Slot0 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M0;
    }

    internal readonly struct Slot1 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M1;
    }

    internal readonly struct Slot2 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M2;
    }

    internal readonly struct Slot3 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M3;
    }

    internal readonly struct Slot4 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M4;
    }

    internal readonly struct Slot5 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M5;
    }

    internal readonly struct Slot6 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M6;
    }

    internal readonly struct Slot7 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M7;
    }

    internal readonly struct Slot8 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M8;
    }

    internal readonly struct Slot9 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M9;
    }

    internal readonly struct Slot10 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M10;
    }

    internal readonly struct Slot11 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M11;
    }

    internal readonly struct Slot12 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M12;
    }

    internal readonly struct Slot13 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M13;
    }

    internal readonly struct Slot14 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M14;
    }

    internal readonly struct Slot15 : IMapSlot
    {
        public static ArrayView<float> Of(in MapFrame frame) => frame.M15;
    }
}
