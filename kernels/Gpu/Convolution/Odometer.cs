namespace Fovea.Gpu.Convolution;

/// <summary>Three nested counters that advance together by a fixed number, without dividing.</summary>
/// <param name="inner">How many values the innermost counter has.</param>
/// <param name="middle">How many values the middle one has.</param>
public struct Odometer(int inner, int middle)
{
    private readonly int inner = inner, middle = middle;
    private int innerStep, middleStep, outerStep;

    /// <summary>Decides how far <see cref="Advance"/> goes.</summary>
    public void Prepare(int step)
    {
        innerStep = step % inner;
        middleStep = step / inner % middle;
        outerStep = step / inner / middle;
    }

    /// <summary>The counters' values at a place.</summary>
    public readonly void Seek(int place, out int i, out int j, out int k)
    {
        int rest = place / inner;
        k = place - (rest * inner);
        i = rest / middle;
        j = rest - (i * middle);
    }

    /// <summary>Moves by the step.</summary>
    /// <param name="i">The outermost counter.</param>
    /// <param name="j">The middle one.</param>
    /// <param name="k">The innermost one.</param>
    public readonly void Advance(ref int i, ref int j, ref int k)
    {
        k += innerStep;
        j += middleStep;
        i += outerStep;
        Carry(ref i, ref j, ref k);
    }

    /// <summary>
    /// Where the counters' values make a place in memory, how far the step moves it; and how much further where the innermost counter
    /// carries, and where the middle one does.
    /// </summary>
    /// <param name="outerDistance">How far one of the outermost counter moves it.</param>
    /// <param name="middleDistance">How far one of the middle counter.</param>
    /// <param name="innerDistance">How far one of the innermost.</param>
    public readonly (int Step, int InnerCarry, int MiddleCarry) Distances(int outerDistance, int middleDistance, int innerDistance) => (
        (outerStep * outerDistance) + (middleStep * middleDistance) + (innerStep * innerDistance),
        middleDistance - (inner * innerDistance), outerDistance - (middle * middleDistance));

    /// <summary>Moves by the step, and instead of the outermost counter a place in memory.</summary>
    /// <param name="place">The place.</param>
    /// <param name="j">The middle counter.</param>
    /// <param name="k">The innermost one.</param>
    /// <param name="step">The step of <see cref="Distances"/>.</param>
    /// <param name="middleCarry">Its carry of the middle counter.</param>
    /// <param name="innerCarry">Its carry of the innermost one.</param>
    public readonly void Move(ref int place, ref int j, ref int k, int step, int middleCarry, int innerCarry)
    {
        k += innerStep;
        j += middleStep;
        place += step;
        if (k >= inner)
        {
            k -= inner;
            j++;
            place += innerCarry;
        }
        if (j >= middle)
        {
            j -= middle;
            place += middleCarry;
        }
    }

    /// <summary>Moves by one.</summary>
    public readonly void Next(ref int i, ref int j, ref int k)
    {
        k++;
        Carry(ref i, ref j, ref k);
    }

    private readonly void Carry(ref int i, ref int j, ref int k)
    {
        if (k >= inner)
        {
            k -= inner;
            j++;
        }
        if (j >= middle)
        {
            j -= middle;
            i++;
        }
    }
}
