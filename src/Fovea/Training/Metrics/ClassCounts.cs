namespace Fovea.Training;

/// <summary>How often each class was told rightly, told wrongly, or missed.</summary>
internal sealed class ClassCounts(int classes)
{
    private readonly long[] right = new long[classes], told = new long[classes], actual = new long[classes];

    public int Classes => right.Length;

    public void Add(int label, bool isTold, bool isActual)
    {
        if (isTold) told[label]++;
        if (isActual) actual[label]++;
        if (isTold && isActual) right[label]++;
    }

    public long Right(int label) => right[label];

    public long Support(int label) => actual[label];

    public double Precision(int label) => Share(right[label], told[label]);

    public double Recall(int label) => Share(right[label], actual[label]);

    public double F1(int label) => Share(2 * right[label], told[label] + actual[label]);

    /// <summary>F1 of all decisions together.</summary>
    public double MicroF1 => Share(2 * right.Sum(), told.Sum() + actual.Sum());

    /// <summary>The mean over the classes that occur or were told.</summary>
    public double Macro(Func<int, double> metric)
    {
        double sum = 0;
        int present = 0;
        for (int i = 0; i < Classes; i++)
        {
            if (told[i] + actual[i] == 0) continue;
            sum += metric(i);
            present++;
        }
        return present == 0 ? 0 : sum / present;
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
