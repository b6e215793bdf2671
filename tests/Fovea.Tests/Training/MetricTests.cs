using Fovea.Training;

namespace Fovea.Tests;

/// <summary>Metrics against values worked out by hand and those that scikit-learn gives for the same lists.</summary>
internal sealed class MetricTests
{
    [Test]
    public void ConfusionMatrixCountsAndItsMeansLeaveOutAbsentClasses()
    {
        // Labels 0 0 1 1 1 3, predicted 0 1 1 1 3 3; class 2 is nowhere. Padding is left out.
        var confusion = new ConfusionMatrix(4);
        confusion.Add(Logits(4, [0, 1, 1], [0, 0, 1]));
        confusion.Add(Logits(4, [1, 3, 3, 2], [1, 1, 3, -1]));
        Assert.That((confusion[0, 0], confusion[0, 1], confusion[1, 1], confusion[1, 3], confusion[3, 3], confusion[2, 2]),
            Is.EqualTo((1, 1, 2, 1, 1, 0)));
        Assert.That((confusion.Precision(0), confusion.Recall(0), confusion.F1(0)), Is.EqualTo((1.0, 0.5, 2.0 / 3)));
        Assert.That((confusion.Precision(3), confusion.Recall(3), confusion.Support(1)), Is.EqualTo((0.5, 1.0, 3L)));
        Assert.That((confusion.Precision(2), confusion.Recall(2), confusion.F1(2)), Is.EqualTo((0.0, 0.0, 0.0)));
        // scikit-learn, average macro: 0.7222, 0.7222, 0.6667.
        Assert.That(confusion.Results().Select(item => item.Name), Is.EqualTo(new[] { "precision", "recall", "f1" }));
        Assert.That(confusion.Results().Select(item => item.Value), Is.EqualTo(new[] { 13.0 / 18, 13.0 / 18, 2.0 / 3 }).Within(1e-12));
    }

    [Test]
    public void OfVeryManyClassesThereIsNoMatrix()
    {
        var confusion = new ConfusionMatrix(ConfusionMatrix.MaxClasses + 1);
        confusion.Add(Logits(ConfusionMatrix.MaxClasses + 1, [5, 7], [5, 8]));
        Assert.That(() => confusion[5, 5], Throws.InvalidOperationException.With.Message.Contains("2048"));
        Assert.That((confusion.Recall(5), confusion.Recall(8)), Is.EqualTo((1.0, 0.0)));
    }

    [TestCase(1, 1.0 / 3)]
    [TestCase(2, 2.0 / 3)]
    [TestCase(3, 1.0)]
    public void TopKCountsLabelsAmongTheLargest(int k, double expected)
    {
        var metric = new TopKAccuracy(k);
        // Label 1 is the largest; 2 second; 2 third behind an equal logit of a lower class. One is padding.
        metric.Add(new EvaluatedBatch(4, new Shape(3), [1, 3, 2, 5, 1, 4, 2, 9, 2, 0, 0, 0], [1, 2, 2, -1], []));
        Assert.That(metric.Results().Single(), Is.EqualTo(($"top{k}_accuracy", expected)));
    }

    [Test]
    public void LabelCountsAreThoseOfScikitLearn()
    {
        var metric = new LabelCounts(2, threshold: 0);
        metric.Add(new EvaluatedBatch(4, new Shape(2), [1, -1, 1, 1, -1, 1, -1, -1], [], [1, 0, 0, 1, 1, 1, 0, 0]));
        // Label 0: 1 right of 2 told and 2 actual; label 1: 2 of 2 and 2.
        Assert.That(metric.Results(), Is.EqualTo(new[] { ("precision", 0.75), ("recall", 0.75), ("f1", 0.75), ("micro_f1", 0.75),
            ("exact_match", 0.5) }));
    }

    [Test]
    public void RSquaredKeepsItsDigitsFarFromZeroAndOverBatches()
    {
        var metric = new RSquared();
        metric.Add(new EvaluatedBatch(2, new Shape(1), [1_000_000.5f, 1_000_002], [], [1_000_000, 1_000_002]));
        metric.Add(new EvaluatedBatch(1, new Shape(1), [1_000_004], [], [1_000_004]));
        Assert.That(metric.Results().Single().Value, Is.EqualTo(1 - (0.25 / 8)).Within(1e-9));
        var constant = new RSquared();
        constant.Add(new EvaluatedBatch(2, new Shape(1), [3, 4], [], [3, 3]));
        Assert.That(constant.Results().Single().Value, Is.Zero);
    }

    [Test]
    public void ValuesAreFoundByNameAndComparedByContent()
    {
        var values = new MetricValues([("a", 1), ("b", double.NaN)]);
        Assert.That(values, Is.EqualTo(new MetricValues([("a", 1), ("b", double.NaN)])));
        Assert.That(values, Is.Not.EqualTo(new MetricValues([("a", 2), ("b", double.NaN)])));
        Assert.That(values.OrNaN("c"), Is.NaN);
        Assert.That(() => values["c"], Throws.InstanceOf<KeyNotFoundException>().With.Message.Contains("a, b"));
        Assert.That(values.ToString(), Is.EqualTo("a 1.0000  b NaN"));
    }

    private static EvaluatedBatch Logits(int classes, int[] predicted, int[] labels)
    {
        float[] logits = new float[predicted.Length * classes];
        for (int i = 0; i < predicted.Length; i++) logits[(i * classes) + predicted[i]] = 1;
        return new EvaluatedBatch(predicted.Length, new Shape(classes), logits, labels, []);
    }
}
