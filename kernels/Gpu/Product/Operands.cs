using Fovea.Gpu.Mathematics;
using ILGPU;
using ILGPU.Runtime;

namespace Fovea.Gpu.Product;

/// <summary>
/// One side of a product: a matrix of outers (rows of the result for A, columns for B) times depth, wherever its elements are.
/// Threads fetch it in quads, four neighbours along the depth or along the outers, whichever lie side by side in memory.
/// </summary>
/// <remarks>
/// A struct of numbers that a launch passes by value; the kernel moves its own copy along the depth. Past the outers an operand
/// gives what it likes, for such results are not stored; past the depth it gives zeros.
/// </remarks>
public interface IOperand
{
    /// <summary>Whether neighbours along the depth lie side by side in memory, else neighbours along the outers.</summary>
    static abstract bool AlongDepth { get; }

    /// <summary>Whether its places take so many registers that a thread has no room for 64 sums beside them.</summary>
    /// <param name="vector">Whether quads are loaded as one.</param>
    static abstract bool IsCrowded(bool vector);

    /// <summary>Prepares for a tile, on the host.</summary>
    /// <param name="step">How far a thread moves along the depth from one quad to the next: <see cref="Quads.Step"/>.</param>
    void Prepare(int step);

    /// <summary>Goes to where the thread begins.</summary>
    /// <param name="quads">Which quads the thread fetches.</param>
    /// <param name="outer">The group's first outer.</param>
    /// <param name="depth">The first place along the sum.</param>
    /// <param name="group">Which of the independent products.</param>
    /// <param name="places">32 registers to remember places in.</param>
    /// <param name="vector">Whether quads are loaded as one.</param>
    void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector);

    /// <summary>Fetches the thread's quads of the next tile and moves on.</summary>
    /// <param name="quads">Which quads the thread fetches.</param>
    /// <param name="data">The memory.</param>
    /// <param name="rest">How much of the sum is left; negative past its end.</param>
    /// <param name="tileDepth">How far to move.</param>
    /// <param name="places">What <see cref="Start"/> remembered.</param>
    /// <param name="values">Registers for the quads.</param>
    /// <param name="vector">Whether quads are loaded as one.</param>
    void Fetch(in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector);
}

/// <summary>Which quads of an operand's tile a thread fetches.</summary>
public readonly struct Quads
{
    private Quads(int outer, int depth, int outerStep, int depthStep, int count)
    {
        Outer = outer;
        Depth = depth;
        OuterStep = outerStep;
        DepthStep = depthStep;
        Count = count;
    }

    /// <summary>Where the first lies among the tile's outers.</summary>
    public readonly int Outer;

    /// <summary>Where the first lies in the tile's depth.</summary>
    public readonly int Depth;

    /// <summary>How many outers the next one is away.</summary>
    public readonly int OuterStep;

    /// <summary>How far along the depth the next one is away.</summary>
    public readonly int DepthStep;

    /// <summary>How many there are.</summary>
    public readonly int Count;

    /// <summary>Divides a tile among threads so that neighbouring threads read neighbouring memory.</summary>
    public static Quads Of(int thread, int threads, int outers, int depths, bool alongDepth)
    {
        int count = outers * depths / 4 / threads;
        if (alongDepth) return new Quads(thread / (depths / 4), thread % (depths / 4) * 4, threads / (depths / 4), 0, count);
        return new Quads(thread % (outers / 4) * 4, thread / (outers / 4), 0, threads / (outers / 4), count);
    }

    /// <summary>
    /// How far a thread moves along the depth from one quad to the next, the first of the next tile included. Quads along the depth
    /// lie side by side, so only the next tile is further.
    /// </summary>
    public static int Step(int threads, int outers, int depths, bool alongDepth) => alongDepth ? depths : 4 * threads / outers;

    /// <summary>The nearest index that there is. Compares without sign: past the largest integer, indices are negative.</summary>
    public static int Clamp(int index, int count) => (uint)index < (uint)count ? index : count - 1;

    /// <summary>The nearest quad that there is, where quads do not reach past the end.</summary>
    public static int ClampQuad(int index, int count) => (uint)index < (uint)count ? index : count - 4;

    /// <summary>Loads four neighbours as one.</summary>
    public static void Load(ArrayView<float> data, int index, ArrayView<float> values, int quad)
    {
        Float4 four = data.SubView(index).AsAligned(16).Cast<Float4>()[0];
        values[4 * quad] = four.X;
        values[(4 * quad) + 1] = four.Y;
        values[(4 * quad) + 2] = four.Z;
        values[(4 * quad) + 3] = four.W;
    }

    /// <summary>Makes a quad zero.</summary>
    public static void Clear(ArrayView<float> values, int quad)
    {
        for (int i = 0; i < 4; i++) values[(4 * quad) + i] = 0f;
    }
}

/// <summary>A matrix whose element (outer, depth) is at outer · stride + depth.</summary>
/// <param name="outers">How many outers there are.</param>
/// <param name="stride">How far neighbouring outers are apart.</param>
/// <param name="groupStep">How far the matrices of neighbouring groups are apart.</param>
public struct MatrixAlongDepth(int outers, int stride, int groupStep = 0) : IOperand
{
    private readonly int outers = outers, stride = stride, groupStep = groupStep;

    /// <inheritdoc/>
    public static bool AlongDepth => true;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => false;

    /// <inheritdoc/>
    public readonly void Prepare(int step)
    {
    }

    /// <inheritdoc/>
    public readonly void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        for (int q = 0; q < quads.Count; q++)
            places[q] = (group * groupStep) + (Quads.Clamp(outer + quads.Outer + (q * quads.OuterStep), outers) * stride) + quads.Depth
                + depth;
    }

    /// <inheritdoc/>
    public readonly void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++)
        {
            Quads.Clear(values, q);
            if (vector)
            {
                if (quads.Depth < rest) Quads.Load(data, places[q], values, q);
            }
            else
            {
                for (int i = 0; i < 4; i++) if (quads.Depth + i < rest) values[(4 * q) + i] = data[places[q] + i];
            }
            places[q] += tileDepth;
        }
    }
}

/// <summary>A matrix whose element (outer, depth) is at depth · stride + outer.</summary>
/// <param name="outers">How many outers there are.</param>
/// <param name="stride">How far neighbours along the depth are apart.</param>
/// <param name="groupStep">How far the matrices of neighbouring groups are apart.</param>
public struct MatrixAlongOuter(int outers, int stride, int groupStep = 0) : IOperand
{
    private readonly int outers = outers, stride = stride, groupStep = groupStep;

    /// <inheritdoc/>
    public static bool AlongDepth => false;

    /// <inheritdoc/>
    public static bool IsCrowded(bool vector) => false;

    /// <inheritdoc/>
    public readonly void Prepare(int step)
    {
    }

    /// <inheritdoc/>
    public readonly void Start(in Quads quads, int outer, int depth, int group, ArrayView<int> places, bool vector)
    {
        int start = (group * groupStep) + ((depth + quads.Depth) * stride);
        if (vector) places[0] = start + Quads.ClampQuad(outer + quads.Outer, outers);
        else for (int i = 0; i < 4; i++) places[i] = start + Quads.Clamp(outer + quads.Outer + i, outers);
    }

    /// <inheritdoc/>
    public readonly void Fetch(
        in Quads quads, ArrayView<float> data, int rest, int tileDepth, ArrayView<int> places, ArrayView<float> values, bool vector)
    {
        for (int q = 0; q < quads.Count; q++)
        {
            Quads.Clear(values, q);
            if (quads.Depth + (q * quads.DepthStep) >= rest) continue;
            int step = q * quads.DepthStep * stride;
            if (vector) Quads.Load(data, places[0] + step, values, q);
            else for (int i = 0; i < 4; i++) values[(4 * q) + i] = data[places[i] + step];
        }
        for (int i = 0; i < (vector ? 1 : 4); i++) places[i] += tileDepth * stride;
    }
}
