using Fovea.Graph;
using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>A vector for each of a number of words: Int32 numbers of any shape become floats with one more dimension.</summary>
/// <param name="words">How many there are.</param>
/// <param name="features">The length of a vector.</param>
/// <remarks>
/// PyTorch's Embedding. A number that is no word gives NaN. Its numbers are an Int32 input of the graph
/// (<see cref="ComputationGraph.Input"/>); the input that a <see cref="Network"/> has of itself is floats.
/// </remarks>
public sealed class Embedding(int words, int features) : Module
{
    /// <summary>How the vectors are initialised; the normal distribution unless set.</summary>
    public Initializer Initializer { get; init; } = new Normal(1);

    /// <inheritdoc/>
    public override Value Forward(Value x) => Use(x.Graph, "weight", new Shape(words, features), Initializer).Gather(x);
}
