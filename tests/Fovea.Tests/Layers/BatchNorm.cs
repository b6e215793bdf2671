using Fovea.Graph;
using Fovea.Initializers;
using Fovea.Layers;
using Fovea.Ops;

namespace Fovea.Tests;

/// <summary>Batch normalisation as a host writes it: over everything but the innermost dimension, with PyTorch's names.</summary>
internal sealed class BatchNorm(float momentum = 0.1f, float epsilon = 1e-5f) : Module
{
    public override Value Forward(Value x)
    {
        ComputationGraph graph = x.Graph;
        int features = x.Shape[^1];
        var shape = new Shape(features);
        ParameterLayout layout = ParameterLayout.OfFeatures(x);
        Value weight = Use(graph, "weight", shape, Initializer.One, layout), bias = Use(graph, "bias", shape, Initializer.Zero, layout);
        Value runningMean = UseBuffer(graph, "running_mean", shape, Initializer.Zero, layout);
        Value runningVariance = UseBuffer(graph, "running_var", shape, Initializer.One, layout);
        Value mean = runningMean, variance = runningVariance;
        if (graph.IsTraining)
        {
            float count = x.Shape.Count / (float)features;
            mean = x.Sum(0, x.Shape.Rank - 1).Scale(1 / count);
            variance = (x - mean).Apply(d => d * d).Sum(0, x.Shape.Rank - 1).Scale(1 / count);
            graph.Update(runningMean, (old, batch) => ((1 - momentum) * old) + (momentum * batch), mean);
            // The running variance is unbiased, as in PyTorch.
            graph.Update(runningVariance, (old, batch) => ((1 - momentum) * old) + (momentum * count / (count - 1) * batch), variance);
        }
        return ((x - mean) / variance.Apply(v => Expression.Sqrt(v + epsilon)) * weight) + bias;
    }
}
