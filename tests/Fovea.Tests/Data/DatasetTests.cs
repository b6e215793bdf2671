using Fovea.Data;

namespace Fovea.Tests;

/// <summary>Sets of tensors, arrays, single examples and of a host's own reach batches as they are.</summary>
[TestFixture]
internal sealed class DatasetTests
{
    [Test]
    public void TensorsOfAnyRankAreServedInTheirOrder()
    {
        var inputs = new Tensor(new Shape(3, 2, 1, 2), [.. Enumerable.Range(0, 12).Select(i => (float)i)]);
        var targets = new Tensor(new Shape(3, 2), [10, 11, 20, 21, 30, 31]);
        var data = new TensorDataset(inputs, targets, weights: [1, 0, 2.5f]);
        Assert.That((data.Count, data.InputShape, data.Target), Is.EqualTo((3, new Shape(2, 1, 2), new TensorSpec(new Shape(2)))));
        using var loader = new BatchLoader(data, new() { BatchSize = 2 });
        var batches = loader.Epoch(0).Select(batch => (batch.Count, Inputs: batch.Inputs.ToArray(), Targets: batch.Targets.ToArray(),
            Weights: batch.Weights.ToArray(), batch.Labels.Length)).ToArray();
        Assert.That(batches.SelectMany(batch => batch.Inputs), Is.EqualTo(inputs.Span.ToArray()));
        Assert.That(batches.SelectMany(batch => batch.Targets), Is.EqualTo(targets.Span.ToArray()));
        Assert.That(batches.SelectMany(batch => batch.Weights), Is.EqualTo(new[] { 1, 0, 2.5f }));
        Assert.That(batches.Select(batch => (batch.Count, batch.Length)), Is.EqualTo(new[] { (2, 0), (1, 0) }));
    }

    [Test]
    public void ArraysOfAnyNumbersBecomeFloats()
    {
        TensorDataset bytes = Dataset.From<byte>([[1, 255], [3, 4]], [0, 1]),
            doubles = Dataset.From<double>([[0.5], [2]], [[1, 2, 3], [4, 5, 6]]);
        Assert.That(First(bytes).Inputs, Is.EqualTo(new float[] { 1, 255, 3, 4 }));
        Assert.That(First(bytes).Labels, Is.EqualTo(new[] { 0, 1 }));
        Assert.That(First(bytes).Weights, Is.Empty);
        Assert.That(First(doubles).Targets, Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(First(Dataset.From<int>([7, 8], [9, 10])).Targets, Is.EqualTo(new float[] { 9, 10 }));
        Assert.That(Dataset.From<short>([new short[6]], [0], new Shape(2, 3)).InputShape, Is.EqualTo(new Shape(2, 3)));
    }

    [Test]
    public void AnEnumerableIsReadOnce()
    {
        int read = 0;
        TensorDataset data = Dataset.From(Examples(), new Shape(1, 2), "counted");
        Assert.That((read, data.Count, data.Name, data.IsWeighted), Is.EqualTo((4, 4, "counted", true)));
        Assert.That(First(data).Labels, Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5, 6, 7 }));
        Assert.That(First(data).Weights, Is.EqualTo(new[] { 0.5f, 1, 1, 1 }));
        Assert.That(read, Is.EqualTo(4));

        IEnumerable<Example> Examples()
        {
            for (int i = 0; i < 4; i++)
            {
                read++;
                yield return new Example([i, i], [2 * i, (2 * i) + 1], weight: i == 0 ? 0.5f : 1);
            }
        }
    }

    [Test]
    public void ASetOfOnesOwnIsFourMembers()
    {
        using var loader = new BatchLoader(new Squares(), new() { BatchSize = 10, Seed = 4 });
        Batch batch = loader.Epoch(2).First();
        Assert.That(
            batch.Inputs.ToArray(), Is.EqualTo(new float[] { 0, 0, 1, 0, 2, 0 }), "what is not written is 0, also over the batch before");
        Assert.That(batch.Targets.ToArray(), Is.EqualTo(new float[] { 6, 7, 10 }), "seed 4 and epoch 2 in every target");
        Assert.That(((IDataset)new Squares()).Name, Is.EqualTo("Squares"));
    }

    [Test]
    public void ImagesAreASetLikeAnyOther()
    {
        var images = new LabelledImages("set", new byte[] { 0, 51, 102, 255 }, [1, 0], 1, 2, 1, ["a", "b"]);
        (float[] inputs, int[] labels, _, float[] weights) = First(images.WithWeights([0, 3]));
        Assert.That(inputs, Is.EqualTo(new[] { 0, 0.2f, 0.4f, 1 }));
        Assert.That(labels, Is.EqualTo(new[] { 1, 0 }));
        Assert.That(weights, Is.EqualTo(new float[] { 0, 3 }));
        var fitted = images.WithWeights([0, 3]).Take(1).Fit(new ImageShape(1, 2, 1), new Normalization([0.5f], [0.5f]));
        Assert.That(First(fitted).Inputs, Is.EqualTo(new[] { -1, -0.6f }).Within(1e-6f));
        Assert.That(First(fitted).Weights, Is.EqualTo(new float[] { 0 }));
        Assert.That((fitted.Name, fitted.InputShape, fitted.ClassNames), Is.EqualTo(("set", new Shape(1, 2, 1), images.ClassNames)));
    }

    [Test]
    public void WhatDoesNotFitTogetherIsNamed()
    {
        var inputs = new Tensor(new Shape(3, 2));
        Assert.That(() => new TensorDataset(inputs, [1, 2]),
            Throws.ArgumentException.With.Message.Contains("3 labels").And.Message.Contains("not 2"));
        Assert.That(() => new TensorDataset(inputs, new Tensor(new Shape(2, 2))),
            Throws.ArgumentException.With.Message.Contains("3 examples").And.Message.Contains("2×2"));
        Assert.That(() => new TensorDataset(inputs, [1, 2, 3], [1, 2]), Throws.ArgumentException.With.Message.Contains("3 weights"));
        foreach (float wrong in new[] { -1, float.NaN, float.PositiveInfinity })
            Assert.That(() => new TensorDataset(inputs, [1, 2, 3], [1, wrong, 1]),
                Throws.ArgumentException.With.Message.Contains("Example 1 has weight"));
        Assert.That(() => Dataset.From<float>([[1, 2], [3]], [0, 1]),
            Throws.ArgumentException.With.Message.Contains("Example 1 has 1 numbers, but the first has 2"));
        Assert.That(() => Dataset.From<float>([[1, 2]], [0], new Shape(3)), Throws.ArgumentException.With.Message.Contains("3 numbers"));
        Assert.That(() => Dataset.From([]), Throws.ArgumentException.With.Message.Contains("no examples"));
        Assert.That(() => Dataset.From([new Example([1], [1, 2]), new Example([1], 1)]),
            Throws.ArgumentException.With.Message.Contains("Example 1 has 1 labels"));
        Assert.That(() => Dataset.From<float>([1, 2], [1]), Throws.ArgumentException);
    }

    private static (float[] Inputs, int[] Labels, float[] Targets, float[] Weights) First(IDataset data)
    {
        using var loader = new BatchLoader(data, new() { BatchSize = 100 });
        Batch batch = loader.Epoch(0).Single();
        return (batch.Inputs.ToArray(), batch.Labels.ToArray(), batch.Targets.ToArray(), batch.Weights.ToArray());
    }

    private sealed class Squares : IDataset
    {
        public int Count => 3;

        public Shape InputShape => new(2);

        public TensorSpec Target => new(Shape.Scalar);

        public void Fill(int index, ExampleBuffer example)
        {
            example.Input[0] = index;
            example.Targets[0] = (index * index) + example.Epoch + (float)example.Seed;
        }
    }
}
