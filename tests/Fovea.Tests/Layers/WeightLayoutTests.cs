using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Files;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Testing;

namespace Fovea.Tests;

/// <summary>Files hold parameters as PyTorch has them: filters O×I×H×W, and matrices after a flatten channel first.</summary>
internal sealed class WeightLayoutTests
{
    [Test]
    public void ParametersSurviveAFile()
    {
        using var folder = new TempFolder();
        LeNet5 saved = new(7, new Shape(20, 24, 2)), loaded = new(7, new Shape(20, 24, 2));
        saved.Initialize(3);
        loaded.Initialize(4);
        Assert.That(Values(loaded), Is.Not.EqualTo(Values(saved)));
        saved.Save(folder["weights.safetensors"]);
        loaded.Load(folder["weights.safetensors"]);
        Assert.That(Values(loaded), Is.EqualTo(Values(saved)));
    }

    [Test]
    public void FilesHoldFiltersAndFlattenedMatricesChannelFirst()
    {
        using var folder = new TempFolder();
        var network = new LeNet5(7, new Shape(20, 24, 2));
        network.Initialize(3);
        network.Save(folder["weights.safetensors"]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["weights.safetensors"]);
        Parameter[] parameters = [.. network.Parameters];
        Assert.That(file.Names, Is.EquivalentTo(parameters.Select(parameter => parameter.Name)));

        Parameter filters = parameters.Single(parameter => parameter.Name == "conv2.weight");
        Assert.That(file["conv2.weight"].Shape, Is.EqualTo(new long[] { 16, 6, 5, 5 }));
        float[] stored = file["conv2.weight"].ReadFloats();
        for (int i = 0; i < stored.Length; i++)
        {
            (int pixel, int c, int k) = (i % 25, i / 25 % 6, i / 25 / 6);
            Assert.That(stored[i], Is.EqualTo(filters.Value.Span[(((k * 25) + pixel) * 6) + c]));
        }

        // 20×24 becomes 2×3 pixels of 16 channels.
        Parameter matrix = parameters.Single(parameter => parameter.Name == "fc1.weight");
        Assert.That(file["fc1.weight"].Shape, Is.EqualTo(new long[] { 120, 96 }));
        stored = file["fc1.weight"].ReadFloats();
        for (int i = 0; i < stored.Length; i++)
        {
            (int pixel, int c, int row) = (i % 6, i / 6 % 16, i / 96);
            Assert.That(stored[i], Is.EqualTo(matrix.Value.Span[(row * 96) + (pixel * 16) + c]));
        }
    }

    [Test]
    public void AFileInPyTorchsOrderComputesWhatItDoesThere()
    {
        (string Name, long[] Shape)[] tensors =
        [
            ("conv1.weight", [6, 2, 5, 5]), ("conv1.bias", [6]), ("conv2.weight", [16, 6, 5, 5]), ("conv2.bias", [16]),
            ("fc1.weight", [120, 96]), ("fc1.bias", [120]), ("fc2.weight", [84, 120]), ("fc2.bias", [84]), ("fc3.weight", [7, 84]),
                ("fc3.bias", [7]),
        ];
        using var folder = new TempFolder();
        var weights = new Dictionary<string, float[]>();
        using (var writer = new SafetensorsWriter(folder["torch.safetensors"],
            tensors.Select(t => new SafetensorsEntry(t.Name, SafetensorsDType.F32, t.Shape))))
        {
            foreach ((string name, long[] shape) in tensors)
            {
                long count = shape.Aggregate(1L, (product, size) => product * size);
                weights[name] = Normals((int)count, (ulong)weights.Count, (float)Math.Sqrt(2.0 * shape[0] / count));
                writer.Write(name, weights[name]);
            }
            writer.Commit();
        }

        var network = new LeNet5(7, new Shape(20, 24, 2));
        network.Load(folder["torch.safetensors"]);
        float[] image = Normals(20 * 24 * 2, 99, 1), actual = new float[7];
        using Device device = Device.Open("cpu", 2);
        ComputationGraph graph = network.Build();
        using Executable executable = device.Compile(graph, graph.Named["output"]);
        executable.Write("input", image);
        executable.Run();
        executable.Read(0, actual);

        double[] x = new double[image.Length];
        for (int i = 0; i < x.Length; i++) x[(i % 2 * 20 * 24) + (i / 2)] = image[i];
        x = Pool(Convolve(x, 2, 20, 24, "conv1"), 6, 16, 20);
        x = Pool(Convolve(x, 6, 8, 10, "conv2"), 16, 4, 6);
        x = Linear(Rectify(Linear(Rectify(Linear(x, "fc1")), "fc2")), "fc3");
        Assert.That(actual.Zip(x, (a, e) => Math.Abs(a - e)).Max(), Is.LessThanOrEqualTo(1e-5 * x.Max(Math.Abs)));

        // C×H×W, as PyTorch computes.
        double[] Convolve(double[] input, int channels, int height, int width, string name)
        {
            float[] w = weights[$"{name}.weight"], b = weights[$"{name}.bias"];
            int p = height - 4, q = width - 4;
            double[] y = new double[b.Length * p * q];
            for (int i = 0; i < y.Length; i++)
            {
                (int k, int row, int column) = (i / (p * q), i / q % p, i % q);
                y[i] = b[k];
                for (int tap = 0; tap < channels * 25; tap++)
                {
                    (int c, int r, int s) = (tap / 25, tap / 5 % 5, tap % 5);
                    y[i] += input[(((c * height) + row + r) * width) + column + s] * w[(k * channels * 25) + tap];
                }
            }
            return Rectify(y);
        }

        double[] Linear(double[] input, string name)
        {
            float[] w = weights[$"{name}.weight"], b = weights[$"{name}.bias"];
            return [.. b.Select((bias, row) => bias + input.Select((value, column) => value * w[(row * input.Length) + column]).Sum())];
        }

        static double[] Rectify(double[] values) => [.. values.Select(value => Math.Max(value, 0))];

        static double[] Pool(double[] input, int channels, int height, int width)
        {
            double[] y = new double[channels * height * width / 4];
            Array.Fill(y, double.NegativeInfinity);
            for (int i = 0; i < input.Length; i++)
            {
                int at = (((i / (height * width) * (height / 2)) + (i / width % height / 2)) * (width / 2)) + (i % width / 2);
                y[at] = Math.Max(y[at], input[i]);
            }
            return y;
        }
    }

    // AlexNet drops elements between flattening and its first matrix, in training only.
    [Test]
    public void TheLayoutIsTheSameWhetherBuiltForTrainingOrNot([Values] bool training)
    {
        var network = new AlexNet(10, new Shape(67, 67, 3));
        network.Build(training: training);
        Parameter first = network.Parameters.Single(parameter => parameter.Name == "classifier.1.weight"),
            second = network.Parameters.Single(parameter => parameter.Name == "classifier.4.weight");
        Assert.That(first.Layout, Is.EqualTo(ParameterLayout.Flattened(1, 1, 256)));
        Assert.That(second.Layout, Is.EqualTo(ParameterLayout.Same));
    }

    [Test]
    public void FilesOfOtherNetworksAreRefusedBeforeAnythingChanges()
    {
        using var folder = new TempFolder();
        LeNet5 ten = new(10), five = new(5);
        ten.Initialize(1);
        five.Initialize(2);
        float[] before = Values(five);
        ten.Save(folder["ten.safetensors"]);
        Assert.That(() => five.Load(folder["ten.safetensors"]),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'fc3.weight' is 10×84 in the file, but 5×84 in this network"));
        Assert.That(() => new Vgg(11, 10, new Shape(32, 32, 3)).Load(folder["ten.safetensors"]),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'features.0.weight' (64×3×3×3)"));
        Assert.That(Values(five), Is.EqualTo(before));
    }

    [Test]
    public void TheCatalogueOpensWhatItMade()
    {
        using var folder = new TempFolder();
        Network made = ModelCatalog.Create("lenet5", 7, new Shape(20, 24, 2));
        made.Initialize(5);
        made.ClassNames = ["a", "b", "c", "d", "e", "f", "g"];
        made.Save(folder["made.safetensors"]);
        Network opened = ModelCatalog.Open(folder["made.safetensors"]);
        Assert.That((opened.GetType(), opened.InputShape, opened.Classes), Is.EqualTo((typeof(LeNet5), made.InputShape, 7)));
        Assert.That(Values(opened), Is.EqualTo(Values(made)));
        Assert.That(opened.ClassNames, Is.EqualTo(made.ClassNames));
    }

    private static float[] Values(Network network) => [.. network.Parameters.SelectMany(parameter => parameter.Value.Span.ToArray())];

    private static float[] Normals(int count, ulong stream, float scale)
    {
        var random = new RandomStream(8, stream);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan()) value = scale * random.NextNormal();
        return values;
    }
}
