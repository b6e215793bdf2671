using System.Collections.Concurrent;
using System.Numerics.Tensors;
using Fovea.Compilation;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>What a network makes of one input.</summary>
/// <param name="Class">The number of the most probable class.</param>
/// <param name="Label">Its name, if known.</param>
/// <param name="Probabilities">The probability of every class.</param>
public sealed record Prediction(int Class, string? Label, IReadOnlyList<float> Probabilities)
{
    /// <summary>The probability of the most probable class.</summary>
    public float Probability => Probabilities[Class];

    /// <summary>The most probable classes, best first.</summary>
    public IEnumerable<(int Class, float Probability)> Top(int count) =>
        Probabilities.Select((probability, index) => (index, probability)).OrderByDescending(item => item.probability).Take(count);
}

/// <summary>
/// Runs a trained network. Many threads may call one predictor at once; results do not depend on who else calls. It takes the
/// parameters as they are while it runs: do not train the network meanwhile.
/// </summary>
public sealed class Predictor : IDisposable
{
    private readonly Network network;
    private readonly Device device;
    private readonly CompileOptions compile;
    private readonly ConcurrentDictionary<int, ConcurrentBag<Executable>> idle = [];
    private readonly ConcurrentDictionary<ImageShape, ConcurrentBag<InputTransform>> transforms = [];
    private readonly ConcurrentBag<Executable> all = [];
    private readonly Lock building = new();
    private volatile bool disposed;

    /// <summary>Prepares a network for use.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Where to run it.</param>
    /// <param name="compile">How convolutions are computed.</param>
    public Predictor(Network network, Device device, CompileOptions? compile = null)
    {
        (this.network, this.device, this.compile) = (network, device, compile ?? CompileOptions.Default);
        network.EnsureParameters();
    }

    /// <summary>How many numbers one input has.</summary>
    public int InputLength => (int)network.InputShape.Count;

    /// <summary>Classifies one input as the network takes it: normalised floats, H×W×C.</summary>
    /// <exception cref="ArgumentException">The input has another size.</exception>
    public Prediction Predict(ReadOnlySpan<float> input) => PredictBatch(input, 1)[0];

    /// <summary>Classifies one image of any size: it is fitted to the network's input and normalised as in training.</summary>
    /// <param name="pixels">H×W×C bytes.</param>
    /// <param name="shape">The image's size.</param>
    /// <exception cref="ArgumentException">The pixels are not as many as the size says.</exception>
    public Prediction Predict(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        if (pixels.Length != shape.Length) throw new ArgumentException($"An image of {shape} has {shape.Length} values, but {pixels.Length} were given.", nameof(pixels));
        var target = new ImageShape(network.InputShape[0], network.InputShape[1], network.InputShape[2]);
        ConcurrentBag<InputTransform> kept = transforms.GetOrAdd(shape, _ => []);
        if (!kept.TryTake(out InputTransform? transform))
            transform = new InputTransform(shape, target, network.Normalization ?? Normalization.None(target.Channels));
        float[] input = new float[target.Length];
        transform.Apply(pixels, input);
        kept.Add(transform);
        return Predict(input);
    }

    /// <summary>Classifies several inputs at once.</summary>
    /// <param name="inputs">One after the other, as the network takes them.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentException">The numbers are not <paramref name="count"/> times those of one input.</exception>
    /// <exception cref="ObjectDisposedException">The predictor has been disposed.</exception>
    public IReadOnlyList<Prediction> PredictBatch(ReadOnlySpan<float> inputs, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (inputs.Length != (long)count * InputLength)
            throw new ArgumentException($"{count} inputs of {network.InputShape} are {(long)count * InputLength} numbers, but {inputs.Length} were given.", nameof(inputs));
        float[] probabilities = new float[count * network.Classes];
        Executable executable = Rent(count);
        try
        {
            executable.Write("input", inputs);
            executable.Run();
            executable.Read(0, probabilities);
        }
        finally
        {
            idle[count].Add(executable);
        }
        return [.. Enumerable.Range(0, count).Select(i => Describe(probabilities.AsSpan(i * network.Classes, network.Classes)))];
    }

    /// <summary>Gives the memory back. No call may be running.</summary>
    public void Dispose()
    {
        disposed = true;
        foreach (Executable executable in all) executable.Dispose();
        all.Clear();
        idle.Clear();
    }

    private Executable Rent(int count)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (idle.GetOrAdd(count, _ => []).TryTake(out Executable? rented)) return rented;
        // Building touches the network's layers, which one thread at a time may do.
        lock (building)
        {
            ComputationGraph graph = network.Build(count);
            Executable executable = device.Compile(graph, compile, graph.Named["output"].Softmax());
            all.Add(executable);
            return executable;
        }
    }

    private Prediction Describe(ReadOnlySpan<float> probabilities)
    {
        int best = TensorPrimitives.IndexOfMax(probabilities);
        return new Prediction(best, best < network.ClassNames.Count ? network.ClassNames[best] : null, probabilities.ToArray());
    }
}
