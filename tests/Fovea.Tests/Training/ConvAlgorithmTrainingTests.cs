using Fovea.Compilation;
using Fovea.Data;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>Networks learn the same by every algorithm.</summary>
internal sealed class ConvAlgorithmTrainingTests
{
    private static readonly ImageDataset Digits = Fovea.Data.Digits.Generate(trainCount: 640, testCount: 64, seed: 4);

    private static IEnumerable<ConvolutionAlgorithm> Fixed =>
        Enum.GetValues<ConvolutionAlgorithm>()
        .Where(algorithm => algorithm is not (ConvolutionAlgorithm.Auto or ConvolutionAlgorithm.ImplicitGemm));

    [TestCaseSource(nameof(Fixed))]
    public void LeNetFollowsTheLossOfImplicitGemm(ConvolutionAlgorithm algorithm) =>
        Follows(() => new LeNet5(), algorithm, algorithm is ConvolutionAlgorithm.Direct or ConvolutionAlgorithm.Fft);

    [TestCaseSource(nameof(Fixed))]
    public void SmallFiltersFollowTheLossOfImplicitGemm(ConvolutionAlgorithm algorithm) =>
        Follows(() => new SmallFilters(), algorithm, applies: true);

    private static void Follows(Func<Network> make, ConvolutionAlgorithm algorithm, bool applies)
    {
        (double[] expected, _) = Train(make(), ConvolutionAlgorithm.ImplicitGemm);
        (double[] losses, IReadOnlyList<ConvolutionChoice> choices) = Train(make(), algorithm);
        Assert.That(choices, applies ? Has.Some.Matches<ConvolutionChoice>(choice => choice!.Algorithm == algorithm)
            : Has.All.Matches<ConvolutionChoice>(choice => choice!.Algorithm == ConvolutionAlgorithm.ImplicitGemm));
        if (!applies) Assert.That(losses, Is.EqualTo(expected));
        // Rounding differs, and training makes differences grow, at a high rate soon beyond any bound: where neighbours in a pooling window
        // are equal, as in a plain background, an algorithm that rounds them apart gives the gradient to another pixel.
        for (int epoch = 0; epoch < expected.Length; epoch++) Assert.That(losses[epoch], Is.EqualTo(expected[epoch]).Within(0.1).Percent);
        Assert.That(losses[^1], Is.LessThan(0.95 * losses[0]), "the network learns");
    }

    private static (double[] Losses, IReadOnlyList<ConvolutionChoice> Choices) Train(Network network, ConvolutionAlgorithm algorithm)
    {
        using Device device = Device.Open("cpu", 2);
        using var trainer = new Trainer(network, device, new TrainerOptions
        {
            Epochs = 2,
            BatchSize = 32,
            Seed = 3,
            Optimizer = new Sgd(0.002f, 0.9f),
            Compile = new() { ConvolutionAlgorithm = algorithm }
        });
        TrainingResult result = trainer.Fit(Digits.Train);
        return ([.. result.Epochs.Select(epoch => epoch.TrainLoss)], trainer.Convolutions);
    }

    /// <summary>Filters of 3×3 and 1×1, so that every algorithm applies somewhere.</summary>
    private sealed class SmallFilters() : Network(new Shape(28, 28, 1))
    {
        private readonly Conv2d first = new(8, kernel: 3, padding: 1), second = new(12, kernel: 3, padding: 1), third = new(8, kernel: 1);
        private readonly MaxPool2d pool = new(2);
        private readonly Linear output = new(10);

        public override Value Forward(Value x) =>
            output.Apply(third.Apply(pool.Apply(second.Apply(pool.Apply(first.Apply(x).Relu())).Relu())).Relu().Flatten());
    }
}
