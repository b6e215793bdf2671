using System.Numerics.Tensors;

namespace Fovea.Training;

/// <summary>A label that applies to an input.</summary>
/// <param name="Class">Its number.</param>
/// <param name="Label">Its name, if known.</param>
/// <param name="Probability">How probable it is.</param>
public readonly record struct PredictedLabel(int Class, string? Label, float Probability)
{
    /// <summary>The label's name, or its number if it has none, and its probability.</summary>
    public override string ToString() => FormattableString.Invariant($"{Label ?? $"label {Class}"} ({Probability:P1})");
}

/// <summary>
/// What a network makes of one input. <see cref="Values"/> are always there; what else there is depends on the task: a class with
/// probabilities, labels, steps. Asking for what the task does not give is an error that says so.
/// </summary>
public sealed class Prediction
{
    private readonly int best = -1;
    private readonly string? label;
    private readonly IReadOnlyList<PredictedLabel>? labels;
    private readonly IReadOnlyList<Prediction>? steps;

    private Prediction(float[] values, Shape shape, int best = -1, string? label = null, IReadOnlyList<PredictedLabel>? labels = null,
        IReadOnlyList<Prediction>? steps = null)
    {
        (Values, Shape) = (values, shape);
        (this.best, this.label, this.labels, this.steps) = (best, label, labels, steps);
    }

    /// <summary>The numbers, row-major: probabilities of a classification, the numbers themselves of a regression.</summary>
    public IReadOnlyList<float> Values { get; }

    /// <summary>Their sizes.</summary>
    public Shape Shape { get; }

    /// <summary>The number of the most probable class.</summary>
    /// <exception cref="InvalidOperationException">The task is no classification.</exception>
    public int Class => best >= 0 ? best : throw Lacks("class");

    /// <summary>The name of the most probable class, if known.</summary>
    /// <exception cref="InvalidOperationException">The task is no classification.</exception>
    public string? Label => best >= 0 ? label : throw Lacks("class");

    /// <summary>The probability of every class, or of every label.</summary>
    /// <exception cref="InvalidOperationException">The task gives no probabilities of one choice.</exception>
    public IReadOnlyList<float> Probabilities => best >= 0 || labels is not null ? Values : throw Lacks("probabilities");

    /// <summary>The probability of the most probable class.</summary>
    /// <exception cref="InvalidOperationException">The task is no classification.</exception>
    public float Probability => Values[Class];

    /// <summary>The labels that apply, by number.</summary>
    /// <exception cref="InvalidOperationException">The task is not one of several labels.</exception>
    public IReadOnlyList<PredictedLabel> Labels => labels ?? throw Lacks("labels");

    /// <summary>What is predicted for each step of a sequence.</summary>
    /// <exception cref="InvalidOperationException">The task is not one of sequences.</exception>
    public IReadOnlyList<Prediction> Steps => steps ?? throw Lacks("steps");

    /// <summary>The most probable classes, best first.</summary>
    /// <exception cref="InvalidOperationException">The task is no classification.</exception>
    public IEnumerable<(int Class, float Probability)> Top(int count) =>
        Probabilities.Select((probability, index) => (index, probability)).OrderByDescending(item => item.probability).Take(count);

    /// <summary>One class, the most probable.</summary>
    /// <param name="probabilities">The probability of every class.</param>
    /// <param name="classNames">The names of the classes, as far as known.</param>
    public static Prediction OfClass(float[] probabilities, IReadOnlyList<string> classNames)
    {
        int best = TensorPrimitives.IndexOfMax<float>(probabilities);
        return new Prediction(probabilities, new Shape(probabilities.Length), best, NameOf(best, classNames));
    }

    /// <summary>The labels from a threshold on.</summary>
    /// <param name="probabilities">The probability of every label.</param>
    /// <param name="shape">Their sizes.</param>
    /// <param name="threshold">From which probability on a label applies.</param>
    /// <param name="classNames">The names of the labels, as far as known.</param>
    public static Prediction OfLabels(float[] probabilities, Shape shape, float threshold, IReadOnlyList<string> classNames) =>
        new(probabilities, shape, labels: [.. Enumerable.Range(0, probabilities.Length).Where(i => probabilities[i] > threshold)
            .Select(i => new PredictedLabel(i, NameOf(i, classNames), probabilities[i]))]);

    /// <summary>Numbers.</summary>
    /// <param name="values">The numbers, row-major.</param>
    /// <param name="shape">Their sizes.</param>
    public static Prediction OfNumbers(float[] values, Shape shape) => new(values, shape);

    /// <summary>A prediction for each step.</summary>
    /// <param name="values">All numbers, row-major.</param>
    /// <param name="shape">Their sizes.</param>
    /// <param name="steps">The predictions, in order.</param>
    public static Prediction OfSteps(float[] values, Shape shape, IReadOnlyList<Prediction> steps) => new(values, shape, steps: steps);

    /// <inheritdoc/>
    public override string ToString() =>
        best >= 0 ? FormattableString.Invariant($"{label ?? $"class {best}"} ({Probability:P1})")
        : labels is not null ? string.Join(", ", labels)
        : steps is not null ? string.Join(" ", steps.Select(step => step.Label ?? FormattableString.Invariant($"{step.Class}")))
        : string.Join(", ", Values.Select(value => FormattableString.Invariant($"{value:G6}")));

    private static string? NameOf(int number, IReadOnlyList<string> names) => number < names.Count ? names[number] : null;

    private InvalidOperationException Lacks(string what)
    {
        string has = best >= 0 ? "a class" : labels is not null ? "labels" : steps is not null ? "steps" : "numbers (Values)";
        return new InvalidOperationException(
            $"This network's task gives {has}, and no {what}. The task comes from training or the file, or PredictorOptions.Task.");
    }
}
