using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Models;

namespace Fovea.Tests;

/// <summary>Networks at reduced sizes: the gradient of the loss predicts how it changes along a direction of all parameters.</summary>
internal sealed class ModelStepTests
{
    private const int Batch = 3, Classes = 4;

    [TestCase("lenet5", 32, 1)]
    [TestCase("mlp", 12, 1)]
    [TestCase("resnet20-cifar", 16, 3)]
    [TestCase("resnet18", 64, 3)]
    [TestCase("resnet50", 64, 3)]
    [TestCase("resnext50", 64, 3)]
    [TestCase("seresnet50", 64, 3)]
    [TestCase("densenet121", 64, 3)]
    [TestCase("inceptionv3", 139, 3)]
    [TestCase("alexnet-torchvision", 67, 3)]
    [TestCase("zfnet", 64, 3)]
    public void TheGradientPredictsTheLoss(string name, int size, int channels)
    {
        using Device device = Device.Open("cpu", 2);
        Network network = ModelCatalog.Create(name, Classes, new Shape(size, size, channels));
        ComputationGraph graph = network.Build(Batch, training: true);
        network.Initialize(5);
        Value labels = graph.Input("labels", new Shape(Batch), DType.Int32);
        Value loss = new SoftmaxCrossEntropyLoss().Apply(graph.Named["output"], labels);
        Parameter[] parameters = [.. network.Parameters];
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, [.. parameters.Select(graph.Read)]);
        using Executable executable = device.Compile(graph, [loss, .. gradients]);

        float[] x = new float[Batch * network.InputShape.Count];
        RandomFill.Normal(x, 7, 1, 1);
        Run();
        Assert.That(float.IsFinite(executable.Read(0)));

        // Half along the gradient, so that the change stands out from rounding, half at random, so that every part takes part.
        float[][] slopes = [.. parameters.Select(parameter => new float[parameter.Shape.Count])];
        for (int i = 0; i < slopes.Length; i++) executable.Read(i + 1, slopes[i]);
        double length = Math.Sqrt(slopes.Sum(slope => slope.Sum(value => (double)value * value))), predicted = 0;
        float[][] direction = [.. slopes.Select((slope, i) => Direction(slope, length, i))];
        for (int i = 0; i < slopes.Length; i++)
        {
            for (int j = 0; j < slopes[i].Length; j++) predicted += (double)slopes[i][j] * direction[i][j];
        }
        float[][] start = [.. parameters.Select(parameter => parameter.Value.Span.ToArray())];
        // So far that the loss changes by some hundredths: beyond rounding, and not beyond the slope.
        float step = (float)Math.Min(2e-3, 0.02 / length);
        double change = LossAt(step) - LossAt(-step);
        Assert.That(change / (2 * step), Is.EqualTo(predicted).Within(5).Percent, $"the gradient has length {length}");

        void Run()
        {
            executable.Write("input", x);
            executable.Write("labels", [0, 3, 1]);
            // Dropout's masks follow the step's number, which stays.
            if (executable.Inputs.Contains("step")) executable.Write("step", [0]);
            executable.Run();
        }

        double LossAt(float distance)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                Span<float> values = parameters[i].Value.Span;
                for (int j = 0; j < values.Length; j++) values[j] = start[i][j] + (distance * direction[i][j]);
            }
            Run();
            return executable.Read(0);
        }

        float[] Direction(float[] slope, double all, int stream)
        {
            float[] random = new float[slope.Length];
            long count = parameters.Sum(parameter => parameter.Shape.Count);
            RandomFill.Normal(random, 11, (ulong)stream, (float)(1 / Math.Sqrt(count)));
            for (int i = 0; i < random.Length; i++) random[i] += (float)(slope[i] / all);
            return random;
        }
    }
}
