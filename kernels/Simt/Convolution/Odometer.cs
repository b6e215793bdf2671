namespace Fovea.Kernels.Simt.Convolution;

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
