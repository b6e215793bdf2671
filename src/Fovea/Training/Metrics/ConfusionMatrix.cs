using System.Globalization;
using System.Numerics.Tensors;
using Fovea.Core;

namespace Fovea.Training;

/// <summary>
/// Which classes were taken for which, with precision, recall and F1 of each. Among an evaluation's metrics: <c>precision</c>,
/// <c>recall</c> and <c>f1</c>, the means over the classes that occur among labels or predictions.
/// </summary>
/// <remarks>What would be divided by 0 is 0, as in scikit-learn.</remarks>
public sealed class ConfusionMatrix : Metric
{
    /// <summary>With more classes only each class's own numbers are kept, and no matrix: it grows with the square.</summary>
    public const int MaxClasses = 2048;

    /// <summary>With more classes than this, the text form is a line: a wider table cannot be read.</summary>
    public const int MostClassesShown = 20;

    private readonly ClassCounts counts;
    private readonly int[,]? matrix;

    /// <summary>Starts with zeros.</summary>
    /// <param name="classes">How many classes there are.</param>
    public ConfusionMatrix(int classes)
    {
        Require.Positive(classes, "The number of classes");
        counts = new ClassCounts(classes);
        if (classes <= MaxClasses) matrix = new int[classes, classes];
    }

    /// <summary>How many classes there are.</summary>
    public int Classes => counts.Classes;

    /// <summary>How many examples of one class were taken for another, or for itself.</summary>
    /// <param name="actual">The label.</param>
    /// <param name="predicted">What the network said.</param>
    /// <exception cref="InvalidOperationException">There are more than <see cref="MaxClasses"/> classes.</exception>
    /// <exception cref="IndexOutOfRangeException">There is no such class.</exception>
    public int this[int actual, int predicted] => matrix is not null
        ? matrix[actual, predicted]
        : throw new InvalidOperationException($"No matrix is kept of {Classes} classes, which are more than {MaxClasses}.");

    /// <summary>How many examples of a class there are.</summary>
    public long Support(int label) => counts.Support(label);

    /// <summary>The share of what was taken for a class that is of that class.</summary>
    public double Precision(int label) => counts.Precision(label);

    /// <summary>The share of a class that was told rightly.</summary>
    public double Recall(int label) => counts.Recall(label);

    /// <summary>The harmonic mean of precision and recall of a class.</summary>
    public double F1(int label) => counts.F1(label);

    /// <inheritdoc/>
    public override void Add(in EvaluatedBatch batch)
    {
        for (int i = 0; i < batch.Labels.Length; i++)
        {
            int actual = batch.Labels[i];
            if (actual < 0) continue;
            int predicted = TensorPrimitives.IndexOfMax(batch.LogitsOf(i));
            if (matrix is not null) matrix[actual, predicted]++;
            counts.Add(actual, isTold: actual == predicted, isActual: true);
            if (predicted != actual) counts.Add(predicted, isTold: true, isActual: false);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, double Value)> Results() =>
        [("precision", counts.Macro(Precision)), ("recall", counts.Macro(Recall)), ("f1", counts.Macro(F1))];

    /// <summary>
    /// A table with a row for each label and a column for each prediction, of up to <see cref="MostClassesShown"/> classes; with more, the
    /// results in a line.
    /// </summary>
    public override string ToString()
    {
        if (matrix is null || Classes > MostClassesShown) return $"{Classes} classes  {base.ToString()}";
        string[][] rows =
        [
            ["label", .. Enumerable.Range(0, Classes).Select(Number)],
            .. Enumerable.Range(0, Classes).Select(actual =>
                (string[])[Number(actual), .. Enumerable.Range(0, Classes).Select(predicted => Number(matrix[actual, predicted]))]),
        ];
        int width = rows.Max(row => row.Skip(1).Max(cell => cell.Length));
        return string.Join(Environment.NewLine, rows.Select(
            row => row[0].PadLeft("label".Length) + string.Concat(row.Skip(1).Select(cell => "  " + cell.PadLeft(width)))));

        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
