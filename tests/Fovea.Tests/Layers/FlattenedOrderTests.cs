using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Ops;

namespace Fovea.Tests;

/// <summary>A value knows the image that it was flattened from, as long as its features keep their order.</summary>
internal sealed class FlattenedOrderTests
{
    private static readonly Shape Image = new(2, 3, 5);

    private readonly ComputationGraph graph = new() { IsTraining = true };
    private Value image = null!;

    [SetUp]
    public void AddImage() => image = graph.Add(new InputOp("image", new TensorSpec(Image.Prepend(4))));

    [Test]
    public void FlattenNotesTheImage() =>
        Assert.That((image.FlattenedFrom, image.Flatten().FlattenedFrom, new Flatten().Apply(image).FlattenedFrom),
        Is.EqualTo(((Shape?)null, (Shape?)Image, (Shape?)Image)));

    [Test]
    public void ElementwiseOperationsDropoutAndSoftmaxKeepIt()
    {
        Value features = image.Flatten();
        Value vector = graph.Constant(1, new Shape(30));
        Value x = new Dropout().Apply(((features.Relu() * vector) + features.Tanh()).Softmax());
        Assert.That((x.FlattenedFrom, (vector + features).FlattenedFrom), Is.EqualTo(((Shape?)Image, (Shape?)Image)));
    }

    [Test]
    public void AReshapeThatKeepsTheExamplesApartKeepsIt() =>
        Assert.That(image.Flatten().Reshape(new Shape(4, 5, 6)).Reshape(new Shape(4, 30)).FlattenedFrom, Is.EqualTo(Image));

    // Pixels as examples: the features are channels, and in the same order everywhere.
    [Test]
    public void OtherReshapesAndProductsHaveNone()
    {
        Value pixels = image.Reshape(new Shape(24, 5)), pairs = image.Flatten().Reshape(new Shape(2, 60));
        Value mixed = image.Flatten().MatMul(graph.Constant(1, new Shape(30, 30)));
        Assert.That((pixels.FlattenedFrom, pairs.FlattenedFrom, mixed.FlattenedFrom), Is.EqualTo(default((Shape?, Shape?, Shape?))));
    }

    [Test]
    public void TwoOrdersAtOnceAreNone()
    {
        Value other = graph.Add(new InputOp("other", new TensorSpec(new Shape(4, 5, 3, 2))));
        Assert.That((image.Flatten() + other.Flatten()).FlattenedFrom, Is.Null);
    }

    [Test]
    public void ALinearLayerOverPixelsHasPlainWeights()
    {
        var layer = new Linear(7);
        layer.Apply(image.Reshape(new Shape(24, 5)));
        Assert.That(layer.Parameters.First().Layout, Is.EqualTo(ParameterLayout.Same));
        var second = new Linear(7);
        second.Apply(image.Flatten().Apply(x => x * 0.5f));
        Assert.That(second.Parameters.First().Layout, Is.EqualTo(ParameterLayout.Flattened(2, 3, 5)));
    }

    [Test]
    public void OrdersThatDoNotFitAreAnError() =>
        Assert.That(() => ParameterLayout.Flattened(2, 3, 5).ToExternal(new Shape(31), new float[31], new float[31]),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("does not run over 30 features that were flattened from 2×3×5"));

    [Test]
    public void PublishedModelsHaveTheLayoutsOfBefore()
    {
        var network = new Vgg(11, 10, new Shape(64, 64, 3));
        network.Build();
        IEnumerable<Parameter> matrices = network.Parameters.Where(parameter => parameter.Shape.Rank == 2);
        Assert.That(matrices.Select(parameter => parameter.Layout),
            Is.EqualTo(new[] { ParameterLayout.Flattened(2, 2, 512), ParameterLayout.Same, ParameterLayout.Same }));
    }
}
