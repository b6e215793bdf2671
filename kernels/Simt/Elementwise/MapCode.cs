namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>
/// A piece of a map's code. Which operations follow each other is a type, built while lowering; which registers they use are fields of
/// a value of that type, which is given while compiling.
/// </summary>
public interface IMapCode
{
    /// <summary>Runs it.</summary>
    /// <param name="frame">The arrays.</param>
    /// <param name="r">The registers, each of as many elements as there are lanes.</param>
    void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes;
}

/// <summary>One piece after another.</summary>
public readonly struct Then<TFirst, TSecond>(TFirst first, TSecond second) : IMapCode
    where TFirst : struct, IMapCode
    where TSecond : struct, IMapCode
{
    private readonly TFirst first = first;
    private readonly TSecond second = second;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes
    {
        first.Run<TLanes>(in frame, r);
        second.Run<TLanes>(in frame, r);
    }
}

/// <summary>Reads an array's elements into a register.</summary>
public readonly struct Load<TSlot, TSpread>(int result) : IMapCode
    where TSlot : struct, IMapSlot
    where TSpread : struct, IMapSpread
{
    private readonly int result = result;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes => TSpread.Load<TLanes>(TSlot.Of(in frame), in frame, r, result * TLanes.Count);
}

/// <summary>Writes a register to an array.</summary>
public readonly struct Store<TSlot>(int register) : IMapCode
    where TSlot : struct, IMapSlot
{
    private readonly int register = register;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes => TLanes.Store(TSlot.Of(in frame), frame.Index, r, register * TLanes.Count);
}

/// <summary>Puts a constant into a register.</summary>
public readonly struct SetConstant(int result, float value) : IMapCode
{
    private readonly int result = result;
    private readonly float value = value;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes
    {
        for (int lane = 0; lane < TLanes.Count; lane++) r[(result * TLanes.Count) + lane] = value;
    }
}

/// <summary>A function of one register.</summary>
public readonly struct Unary<TOperator>(int result, int a) : IMapCode
    where TOperator : struct, IUnaryOperator
{
    private readonly int result = result;
    private readonly int a = a;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes
    {
        for (int lane = 0; lane < TLanes.Count; lane++) r[(result * TLanes.Count) + lane] = TOperator.Apply(r[(a * TLanes.Count) + lane]);
    }
}

/// <summary>A function of two registers.</summary>
public readonly struct Binary<TOperator>(int result, int a, int b) : IMapCode
    where TOperator : struct, IBinaryOperator
{
    private readonly int result = result;
    private readonly int a = a;
    private readonly int b = b;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes
    {
        for (int lane = 0; lane < TLanes.Count; lane++)
            r[(result * TLanes.Count) + lane] = TOperator.Apply(r[(a * TLanes.Count) + lane], r[(b * TLanes.Count) + lane]);
    }
}

/// <summary>One register where another is greater than 0, a third elsewhere.</summary>
public readonly struct SelectPositive(int result, int condition, int positive, int other) : IMapCode
{
    private readonly int result = result;
    private readonly int condition = condition;
    private readonly int positive = positive;
    private readonly int other = other;

    /// <inheritdoc/>
    public void Run<TLanes>(in MapFrame frame, Span<float> r)
        where TLanes : struct, IMapLanes
    {
        for (int lane = 0; lane < TLanes.Count; lane++)
            r[(result * TLanes.Count) + lane] = r[(condition * TLanes.Count) + lane] > 0 ? r[(positive * TLanes.Count) + lane] : r[(other * TLanes.Count) + lane];
    }
}
