using Fovea.Data;
using Fovea.Graph;
using Fovea.Losses;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Training;

namespace Fovea.Tests;

/// <summary>Tasks of every kind learn, measure and predict, without a word about images.</summary>
internal sealed class TaskTests
{
    private readonly TempFolder folder = new();
    private Device device = null!;

    [OneTimeSetUp]
    public void OpenDevice() => device = Device.Open("cpu", threads: 2);

    [OneTimeTearDown]
    public void CloseDevice()
    {
        Assert.That(device.Memory.InUse, Is.Zero);
        device.Dispose();
        folder.Dispose();
    }

    [Test]
    public void ARegressionOfOneNumberLearnsASine()
    {
        var network = new Perceptron(new Shape(1), outputs: 1);
        var options = new TrainerOptions { Task = new Regression(), Optimizer = new Adam(0.02f), BatchSize = 32, Epochs = 60, Seed = 3 };
        using var trainer = new Trainer(network, device, options);
        TrainingResult result = trainer.Fit(TaskData.Sine(256), TaskData.Sine(97));
        Assert.That(result.TestMetrics["rmse"], Is.LessThan(0.15), "the targets' own deviation is 0.75");
        Assert.That(result.TestMetrics["r2"], Is.GreaterThan(0.95));
        Assert.That(result.TestMetrics["mae"], Is.Positive.And.LessThan(result.TestMetrics["rmse"]));
        Assert.That(result.Epochs[^1].TestLoss, Is.EqualTo(Math.Pow(result.TestMetrics["rmse"], 2)).Within(0.01).Percent);
        Assert.That(result.TestAccuracy, Is.NaN);

        using var predictor = new Predictor(network, device);
        Prediction prediction = predictor.Predict([0.5f]);
        Assert.That(prediction.Values.Single(), Is.EqualTo(MathF.Sin(1)).Within(0.3));
        Assert.That(
            () => prediction.Class, Throws.InvalidOperationException.With.Message.Contains("numbers").And.Message.Contains("no class"));
        Assert.That(() => prediction.Probabilities, Throws.InvalidOperationException);
        Assert.That(() => predictor.Predict(new byte[3], new ImageShape(1, 1, 3)),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("not images"));
    }

    [Test]
    public void RegressionMetricsAreThoseOfTheirDefinitions()
    {
        // The network's outputs are known from a predictor; the metrics follow from them by hand.
        var network = new Perceptron(new Shape(2), outputs: 2);
        network.Initialize(4);
        float[][] x = [[1, 2], [3, -1], [0, 0.5f], [-2, 1], [0.3f, 0.2f]], y = [[1000, 1], [1001, 0], [1003, -1], [999, 2], [1000, 0.5f]];
        using var predictor = new Predictor(network, device, new PredictorOptions { Task = new Regression() });
        double[][] d = [.. x.Select((row, i) => predictor.Predict(row).Values.Select((value, j) => (double)value - y[i][j]).ToArray())];
        using var trainer =
            new Trainer(network, device, new TrainerOptions { Task = new Regression { Loss = new HuberLoss(0.5f) }, BatchSize = 2 });
        EvaluationResult result = trainer.Evaluate(Dataset.From(x, y));
        double[] all = [.. d.SelectMany(row => row)];
        Assert.That(result.Metrics["mae"], Is.EqualTo(all.Average(Math.Abs)).Within(1e-4).Percent);
        Assert.That(result.Metrics["rmse"], Is.EqualTo(Math.Sqrt(all.Average(v => v * v))).Within(1e-4).Percent);
        Assert.That(
            result.Loss, Is.EqualTo(all.Average(v => Math.Abs(v) < 0.5 ? v * v / 2 : 0.5 * (Math.Abs(v) - 0.25))).Within(1e-4).Percent);
        double r2 = Enumerable.Range(0, 2).Average(j =>
        {
            double mean = y.Average(row => (double)row[j]);
            return 1 - (d.Sum(row => row[j] * row[j]) / y.Sum(row => (row[j] - mean) * (row[j] - mean)));
        });
        Assert.That(result.Metrics["r2"], Is.EqualTo(r2).Within(1e-3).Percent);
        Assert.That(result.Count, Is.EqualTo(5));
    }

    [Test]
    public void AClassifierLearnsSignalsOf96Numbers()
    {
        var network = new Perceptron(new Shape(96), outputs: 3, hiddenUnits: 32);
        using var trainer =
            new Trainer(network, device, new TrainerOptions { Optimizer = new Adam(3e-3f), BatchSize = 30, Epochs = 30, Seed = 1 });
        TrainingResult result = trainer.Fit(TaskData.Signals(600, seed: 1), TaskData.Signals(200, seed: 2));
        Assert.That(result.TestAccuracy, Is.GreaterThan(0.9), "chance gives 0.33");
        Assert.That(
            result.TestMetrics.Keys, Is.EqualTo(new[] { "accuracy", "precision", "recall", "f1" }), "three classes have no top five");

        EvaluationResult evaluation = trainer.Evaluate(TaskData.Signals(200, seed: 2));
        ConfusionMatrix confusion = evaluation.Detail<ConfusionMatrix>();
        Assert.That(Enumerable.Range(0, 3).Sum(i => confusion[i, i]) / 200.0, Is.EqualTo(evaluation.Accuracy));
        Assert.That(evaluation.Metrics["recall"], Is.EqualTo(
            Enumerable.Range(0, 3).Average(i => (double)confusion[i, i] / confusion.Support(i))).Within(1e-12));
        Assert.That(() => evaluation.Detail<RSquared>(), Throws.InvalidOperationException.With.Message.Contains("RSquared"));
    }

    [Test]
    public void SeveralLabelsAreLearntEachForItself()
    {
        // Label i applies where number i is positive.
        float[][] x = [.. Enumerable.Range(0, 400).Select(i => new[] { MathF.Sin(i * 1.1f), MathF.Sin(i * 2.3f), MathF.Sin(i * 3.7f) })];
        float[][] y = [.. x.Select(row => Array.ConvertAll(row, value => value > 0 ? 1f : 0))];
        var network = new Perceptron(new Shape(3), outputs: 3);
        using var trainer = new Trainer(network, device, new TrainerOptions
        {
            Task = new MultiLabel(0.4f),
            Optimizer = new Adam(0.02f),
            BatchSize = 20,
            Epochs = 15,
            Seed = 2
        });
        TrainingResult result = trainer.Fit(Dataset.From(x[..300], y[..300]), Dataset.From(x[300..], y[300..]));
        Assert.That(result.TestAccuracy, Is.GreaterThan(0.93), "chance gives 0.5");
        Assert.That(result.TestMetrics["micro_f1"], Is.GreaterThan(0.93));
        Assert.That(result.TestMetrics["exact_match"], Is.InRange(0.8, result.TestAccuracy));

        network.ClassNames = ["left", "middle"];
        network.Save(folder["labels"]);
        var loaded = new Perceptron(new Shape(3), outputs: 3);
        loaded.Load(folder["labels"]);
        using var predictor = new Predictor(loaded, device);
        Assert.That(predictor.Task, Is.InstanceOf<MultiLabel>().With.Property("Threshold").EqualTo(0.4f), "the file remembers");
        Prediction prediction = predictor.Predict([0.9f, -0.9f, 0.9f]);
        Assert.That(prediction.Labels.Select(label => (label.Class, label.Label)), Is.EqualTo(new[] { (0, "left"), (2, (string?)null) }));
        Assert.That(prediction.Labels.All(label => label.Probability > 0.4f));
        Assert.That(prediction.Probabilities, Has.Count.EqualTo(3));
        Assert.That(() => prediction.Class, Throws.InvalidOperationException.With.Message.Contains("labels"));
    }

    [Test]
    public void PaddedStepsOfSequencesAreNeitherLearntNorMeasured()
    {
        // Sequences of five steps; the class of a step is whether its number is positive. A third of the steps is padding of nonsense.
        const int Padding = 1;
        float[][] x = [.. Enumerable.Range(0, 240).Select(i => Enumerable.Range(0, 5)
            .Select(t => t < 2 + (i % 4) ? MathF.Sin((7.3f * i) + (2.1f * t)) : 50f).ToArray())];
        int[] y = [.. x.SelectMany(row => row.Select(value => value == 50f ? Padding : value > 0 ? 2 : 0))];
        TensorDataset data = Dataset.From(x, y, new Shape(5, 1));
        Assert.That(data.Target, Is.EqualTo(new TensorSpec(new Shape(5), DType.Int32)));

        var network = new StepNetwork(5, 1, classes: 3);
        using var trainer = new Trainer(network, device, new TrainerOptions
        {
            Task = new SequenceClassification(Padding),
            Optimizer = new Adam(0.02f),
            BatchSize = 24,
            Epochs = 10,
            Seed = 1
        });
        TrainingResult result = trainer.Fit(data, data);
        Assert.That(result.TestAccuracy, Is.GreaterThan(0.95).And.LessThanOrEqualTo(1));
        EvaluationResult evaluation = trainer.Evaluate(data);
        ConfusionMatrix confusion = evaluation.Detail<ConfusionMatrix>();
        Assert.That(confusion.Support(0) + confusion.Support(2), Is.EqualTo(y.Count(label => label != Padding)));
        Assert.That(confusion.Support(Padding), Is.Zero);

        // A partial last batch with other numbers of padded steps must not shift the mean.
        using var other = new Trainer(network, device, trainer.Options with { BatchSize = 7 });
        Assert.That(other.Evaluate(data).Loss, Is.EqualTo(evaluation.Loss).Within(1e-3).Percent);

        using var predictor = new Predictor(network, device);
        Prediction prediction = predictor.Predict([1, -1, 0.5f, -0.5f, 1]);
        Assert.That(prediction.Steps.Select(step => step.Class), Is.EqualTo(new[] { 2, 0, 2, 0, 2 }));
        Assert.That(prediction.Shape, Is.EqualTo(new Shape(5, 3)));
    }

    [Test]
    public void ATaskAndAMetricOfOnesOwnAreAFewLines()
    {
        var network = new Perceptron(new Shape(1), outputs: 1);
        var task = new Doubling { AdditionalMetrics = [() => new LargestError()] };
        using var trainer = new Trainer(network, device, new TrainerOptions
        {
            Task = task,
            Optimizer = new Adam(0.02f),
            BatchSize = 32,
            Epochs = 20,
            Seed = 3
        });
        TrainingResult result = trainer.Fit(TaskData.Sine(256), TaskData.Sine(64));
        Assert.That(result.Epochs[^1].TrainMetrics.Keys, Is.EqualTo(new[] { "sum" }));
        Assert.That(result.TestMetrics.Keys, Is.EqualTo(new[] { "sum", "largest_error" }));
        Assert.That(result.TestMetrics["largest_error"], Is.InRange(0.001, 1));
        network.Save(folder["own"]);
        var loaded = new Perceptron(new Shape(1), outputs: 1);
        loaded.Load(folder["own"]);
        using var predictor = new Predictor(loaded, device);
        Assert.That(
            (predictor.Task.Name, predictor.Predict([0.5f]).Values.Count), Is.EqualTo(("Doubling", 1)), "numbers as they are, no softmax");
        using var evaluator = new Trainer(loaded, device, new TrainerOptions { Task = loaded.Task! });
        Assert.That(() => evaluator.Evaluate(TaskData.Sine(8)), Throws.InvalidOperationException.With.Message.Contains("Doubling"));
    }

    [Test]
    public void WeightsDecideHowMuchAnExampleCountsInTheLoss()
    {
        var network = new Perceptron(new Shape(96), outputs: 3);
        network.Initialize(2);
        float[][] x = [.. Enumerable.Range(0, 7).Select(i => Enumerable.Range(0, 96).Select(t => MathF.Sin(t * (i + 1))).ToArray())];
        int[] labels = [0, 1, 2, 0, 1, 2, 0];
        float[] weights = [1, 0, 2.5f, 0.5f, 3, 0, 1];
        using var trainer = new Trainer(network, device, new TrainerOptions { BatchSize = 3 });
        double[] single = [.. x.Select((input, i) => trainer.Evaluate(Dataset.From([new Example(input, labels[i])])).Loss)];
        EvaluationResult weighted = trainer.Evaluate(Dataset.From(x.Select((input, i) => new Example(input, labels[i], weights[i]))));
        Assert.That(
            weighted.Loss, Is.EqualTo(single.Zip(weights, (loss, weight) => loss * weight).Sum() / weights.Sum()).Within(1e-3).Percent);
        Assert.That(weighted.Accuracy, Is.EqualTo(trainer.Evaluate(
            Dataset.From(x.Select((input, i) => new Example(input, labels[i])))).Accuracy), "metrics count every example");

        // Examples of weight 0 teach nothing, whatever they say.
        int[] Learn(int wrongLabel)
        {
            var learner = new Perceptron(new Shape(96), outputs: 3);
            using var learning = new Trainer(learner, device, new TrainerOptions { BatchSize = 7, Epochs = 3 });
            learning.Fit(Dataset.From(x.Select((input, i) => new Example(input, weights[i] == 0 ? wrongLabel : labels[i], weights[i]))));
            return learner.Bits();
        }
        Assert.That(Learn(0), Is.EqualTo(Learn(1)));
    }

    [Test]
    public void FilesThatDoNotNameATaskAreClassifications()
    {
        var network = new Perceptron(new Shape(2), outputs: 3);
        network.Initialize(1);
        network.Save(folder["untold"]);
        var loaded = new Perceptron(new Shape(2), outputs: 3);
        loaded.Load(folder["untold"]);
        Assert.That(loaded.Task, Is.Null);
        using var predictor = new Predictor(loaded, device);
        Assert.That(predictor.Predict([1, 2]).Probabilities.Sum(), Is.EqualTo(1).Within(1e-6));
    }

    [Test]
    public void DataThatDoNotFitAreRefusedBeforeAnythingHasChanged()
    {
        var network = new Perceptron(new Shape(96), outputs: 3);
        using var trainer = new Trainer(network, device);
        int[] bits = network.Bits();
        Assert.That(() => trainer.Fit(TaskData.Sine(8)), Throws.InstanceOf<ShapeException>().With.Message.Contains(
            "inputs of 1, but the network takes 96"));
        TensorDataset numbers = Dataset.From<float>([new float[96]], [new float[3]]);
        Assert.That(() => trainer.Fit(numbers), Throws.InstanceOf<ShapeException>().With.Message.Contains("3 numbers").And.Message.Contains(
            "one label").And.Message.Contains("Task"));
        Assert.That(() => trainer.Fit(TaskData.Signals(3, 1), numbers), Throws.InstanceOf<ShapeException>(), "the test set too");
        Assert.That(() => trainer.Fit(Dataset.From<float>([new float[96]], [7])),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("label 7").And.Message.Contains("0 to 2"));
        Assert.That(() => trainer.Fit(Fovea.Data.Digits.Generate(10, 0).Train),
            Throws.InstanceOf<ShapeException>().With.Message.Contains("has images, but the network takes 96"));
        using var varying = new Trainer(network, device, new TrainerOptions { Augmentation = Augmentation.Parse("flip") });
        Assert.That(() => varying.Fit(TaskData.Signals(3, 1)), Throws.ArgumentException.With.Message.Contains("no image set"));
        using var sequence = new Trainer(network, device, new TrainerOptions { Task = new SequenceClassification() });
        Assert.That(() => sequence.Fit(TaskData.Signals(3, 1)), Throws.InstanceOf<ShapeException>().With.Message.Contains("steps"));
        Assert.That((network.Bits(), network.Task), Is.EqualTo((bits, (TrainingTask?)null)));
    }

    [Test]
    public void ImagesThatCannotBeFittedLeaveTheNetworkAsItWas()
    {
        var network = new Perceptron(new Shape(4, 4, 2), outputs: 10) { ClassNames = ["mine"] };
        using var trainer = new Trainer(network, device);
        Assert.That(() => trainer.Fit(Fovea.Data.Digits.Generate(10, 0).Train), Throws.ArgumentException.With.Message.Contains("channels"));
        Assert.That(network.Normalization, Is.Null);
        Assert.That(network.Task, Is.Null);
        Assert.That(network.ClassNames, Is.EqualTo(new[] { "mine" }));
    }

    [Test]
    public void DataWithNaNAreNamedAsTheCause()
    {
        var network = new Perceptron(new Shape(1), outputs: 1);
        using var trainer = new Trainer(network, device, new TrainerOptions { Task = new Regression() });
        Assert.That(() => trainer.Fit(Dataset.From<float>([1, 2], [1, float.NaN])),
            Throws.ArgumentException.With.Message.Contains("Example 1 has target NaN, but regression takes a finite number"));
        Assert.That(() => trainer.Fit(Dataset.From<float>([1, float.NaN], [1, 2])),
            Throws.InstanceOf<TrainingDivergedException>().With.Message.Contains("inputs of that batch hold NaN"));
    }

    private sealed record Doubling : TrainingTask
    {
        public override TensorSpec Target(Shape output) => new(output);

        public override Value AddLoss(TaskValues batch) => new MeanAbsoluteErrorLoss().Apply(batch.Output, batch.Targets, batch.Weights);

        public override IReadOnlyList<StepMetric> AddMetrics(TaskValues batch) => [new("sum", batch.Output.Sum())];
    }

    private sealed class LargestError : Metric
    {
        private double largest;

        public override void Add(in EvaluatedBatch batch)
        {
            for (int i = 0; i < batch.Outputs.Length; i++) largest = Math.Max(largest, Math.Abs(batch.Outputs[i] - batch.Targets[i]));
        }

        public override IEnumerable<(string Name, double Value)> Results() => [("largest_error", largest)];
    }
}
