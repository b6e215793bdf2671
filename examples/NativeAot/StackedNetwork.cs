using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Examples.NativeAot;

/// <summary>A small network of convolutions with batch normalisation.</summary>
internal sealed class StackedNetwork() : Network(new Shape(32, 32, 1))
{
    private readonly List<Block> blocks = [new(8), new(16), new(32)];
    private readonly Linear output = new(10);

    public override Value Forward(Value x) => output.Apply(blocks.Aggregate(x, (value, block) => block.Apply(value)).Flatten());
}

/// <summary>A convolution, batch normalisation, a rectifier, and half the size.</summary>
/// <param name="channels">Channels of the output.</param>
internal sealed class Block(int channels) : Module
{
    private readonly Conv2d conv = new(channels, kernel: 3, padding: 1, bias: false);
    private readonly BatchNorm norm = new();
    private readonly MaxPool2d pool = new(2);

    public override Value Forward(Value x) => pool.Apply(norm.Apply(conv.Apply(x)).Relu());
}

/// <summary>Normalises each channel over the batch, and in use by the running mean and variance (Ioffe and Szegedy, ICML 2015).</summary>
internal sealed class BatchNorm : Module
{
    private const float Momentum = 0.1f, Epsilon = 1e-5f;

    public override Value Forward(Value x)
    {
        ComputationGraph graph = x.Graph;
        var shape = new Shape(x.Shape[^1]);
        Value weight = Use(graph, "weight", shape, Initializer.One), bias = Use(graph, "bias", shape, Initializer.Zero);
        Value runningMean = UseBuffer(graph, "running_mean", shape, Initializer.Zero);
        Value runningVariance = UseBuffer(graph, "running_var", shape, Initializer.One);
        if (!graph.IsTraining) return Normalize(runningMean, runningVariance);

        float count = x.Shape.Count / (float)shape.Count;
        Value mean = x.Sum(0, x.Shape.Rank - 1) * (1 / count);
        Value variance = (x - mean).Apply(difference => difference * difference).Sum(0, x.Shape.Rank - 1) * (1 / count);
        graph.Update(runningMean, (old, batch) => ((1 - Momentum) * old) + (Momentum * batch), mean);
        graph.Update(runningVariance, (old, batch) => ((1 - Momentum) * old) + (Momentum * count / (count - 1) * batch), variance);
        return Normalize(mean, variance);

        Value Normalize(Value center, Value spread) => ((x - center) / spread.Apply(v => Expression.Sqrt(v + Epsilon)) * weight) + bias;
    }
}
