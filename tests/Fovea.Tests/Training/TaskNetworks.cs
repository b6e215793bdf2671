using Fovea.Core.Random;
using Fovea.Data;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Tests;

/// <summary>Two layers with tanh between them, for inputs of any sizes.</summary>
internal sealed class Perceptron(Shape input, int outputs, int hiddenUnits = 16) : Network(input)
{
    private readonly Linear hidden = new(hiddenUnits), output = new(outputs);

    public override Value Forward(Value x) => output.Apply(hidden.Apply(x.Flatten()).Tanh());

    public int[] Bits() => [.. Parameters.SelectMany(parameter => parameter.Value.Span.ToArray()).Select(BitConverter.SingleToInt32Bits)];
}

/// <summary>The same class decision for every step of a sequence, steps × features.</summary>
internal sealed class StepNetwork(int steps, int features, int classes) : Network(new Shape(steps, features))
{
    private readonly Linear hidden = new(24), output = new(classes);

    public override Value Forward(Value x)
    {
        int examples = x.Shape[0];
        Value each = x.Reshape(new Shape(examples * steps, features));
        return output.Apply(hidden.Apply(each).Tanh()).Reshape(new Shape(examples, steps, classes));
    }
}

/// <summary>Small sets whose answers are known.</summary>
internal static class TaskData
{
    /// <summary>y = sin 2x for x between −2 and 2.</summary>
    public static TensorDataset Sine(int count)
    {
        float[] x = [.. Enumerable.Range(0, count).Select(i => ((4f * i) / (count - 1)) - 2)];
        return Dataset.From<float>(x, Array.ConvertAll(x, value => MathF.Sin(2 * value)));
    }

    /// <summary>Noisy sines of 96 numbers, whose class is how many periods they have.</summary>
    public static TensorDataset Signals(int count, ulong seed)
    {
        var random = new RandomStream(seed, 0);
        var examples = new List<Example>();
        for (int i = 0; i < count; i++)
        {
            int label = i % 3;
            float phase = random.NextSingle(0, 6.28f);
            float[] signal = new float[96];
            for (int t = 0; t < 96; t++) signal[t] = MathF.Sin((0.0654f * (label + 1) * 2 * t) + phase) + (0.2f * random.NextNormal());
            examples.Add(new Example(signal, label));
        }
        return Dataset.From(examples, name: "signals");
    }
}
