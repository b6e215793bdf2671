namespace Fovea.Ops;

/// <summary>
/// The taps along one axis that reach a phase, in the order in which their sources lie: tap i is the filter's position
/// First + i·Step, and reads the output's gradient at y + Source + i·SourceStep, where y counts pixels of the phase.
/// </summary>
internal readonly record struct PhaseTaps(int Count, int First, int Step, int Source, int SourceStep)
{
    public static PhaseTaps Of(int phase, int size, int stride, int padding, int dilation)
    {
        // Output position p reads input p·stride + r·dilation − padding. So r reaches the phase if the stride divides
        // phase + padding − r·dilation, and the quotient is how far p lies from the pixel's number within the phase.
        int last = -1, count = 0, step = 0;
        for (int r = size - 1; r >= 0; r--)
        {
            if ((phase + padding - (r * dilation)) % stride != 0) continue;
            if (count == 0) last = r;
            else if (count == 1) step = r - last;
            count++;
        }
        return count == 0 ? default
            : new PhaseTaps(count, last, step, (phase + padding - (last * dilation)) / stride, count == 1 ? 1 : -step * dilation / stride);
    }
}
