using Fovea.Graph;
using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>
/// Layers that go through sequences N×T×features step by step and give what they hold after each: N×T×hidden, or with both directions
/// N×T×2·hidden. The product of all steps' inputs is one matrix product.
/// </summary>
/// <remarks>
/// Parameters have PyTorch's names (<c>weight_ih_l0</c>, <c>weight_hh_l0</c>, <c>bias_ih_l0</c>, <c>bias_hh_l0</c>, and <c>_reverse</c> for
/// the other direction) and its order of gates.
/// </remarks>
public abstract class Recurrent : Module
{
    private readonly int hidden, layers;
    private readonly bool bidirectional;
    private Value? mask;

    /// <param name="hidden">Elements of the state.</param>
    /// <param name="layers">How many layers stand on each other.</param>
    /// <param name="bidirectional">Whether each layer also goes from the end to the beginning.</param>
    private protected Recurrent(int hidden, int layers, bool bidirectional)
    {
        if (hidden < 1 || layers < 1) throw new ShapeException($"A recurrent layer of {layers} layers with {hidden} elements is none.");
        (this.hidden, this.layers, this.bidirectional) = (hidden, layers, bidirectional);
    }

    /// <summary>Goes through sequences of different lengths: where the mask is 0, the state stays and the output is 0.</summary>
    /// <param name="x">N×T×features.</param>
    /// <param name="steps">N×T: 1 for what belongs to a sequence, 0 for what only fills it up.</param>
    /// <exception cref="ShapeException">The sizes do not fit together.</exception>
    public Value Apply(Value x, Value steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        mask = steps;
        try
        {
            return Apply(x);
        }
        finally
        {
            mask = null;
        }
    }

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        if (x.Shape.Rank != 3) throw new ShapeException($"A recurrent layer takes sequences N×T×features, not {x.Shape}.");
        int examples = x.Shape[0], steps = x.Shape[1];
        if (mask is not null && mask.Shape != new Shape(examples, steps))
            throw new ShapeException($"The mask of {x.Shape} is {examples}×{steps}, not {mask.Shape}.");
        // Time first, so that the inputs of a step lie side by side.
        Value sequence = x.Transpose(1, 0, 2);
        Value? running = mask?.Transpose(1, 0).Reshape(new Shape(steps, examples, 1));
        for (int layer = 0; layer < layers; layer++)
        {
            Value forwards = Run(sequence, running, $"l{layer}", reverse: false);
            sequence = bidirectional
                ? ArrangementOperations.Concat(2, forwards, Run(sequence, running, $"l{layer}_reverse", reverse: true)) : forwards;
        }
        return sequence.Transpose(1, 0, 2);
    }

    /// <summary>What a step does.</summary>
    private protected abstract RecurrentCell Cell { get; }

    private Value Run(Value sequence, Value? running, string name, bool reverse)
    {
        int examples = sequence.Shape[1], features = sequence.Shape[2], gates = Cell.Gates;
        ComputationGraph graph = sequence.Graph;
        var initializer = new Uniform((float)(1 / Math.Sqrt(hidden)));
        var weights = new RecurrentWeights(
            Use(graph, $"weight_ih_{name}", new Shape(gates * hidden, features), initializer),
            Use(graph, $"weight_hh_{name}", new Shape(gates * hidden, hidden), initializer),
            Use(graph, $"bias_ih_{name}", new Shape(gates * hidden), initializer),
            Use(graph, $"bias_hh_{name}", new Shape(gates * hidden), initializer));
        Value zeros = graph.Constant(0, new Shape(examples, hidden));
        return Cell.Run(sequence, [.. Enumerable.Repeat(zeros, Cell.States)], weights, running, reverse).Outputs;
    }
}

/// <summary>A recurrent layer: h = tanh(W·x + b + U·h + c).</summary>
/// <param name="hidden">Elements of the state.</param>
/// <param name="layers">How many layers stand on each other.</param>
/// <param name="bidirectional">Whether each layer also goes from the end to the beginning.</param>
/// <remarks>J. Elman, "Finding Structure in Time", Cognitive Science 14, 1990; as PyTorch's RNN.</remarks>
public sealed class Rnn(int hidden, int layers = 1, bool bidirectional = false) : Recurrent(hidden, layers, bidirectional)
{
    private protected override RecurrentCell Cell => RecurrentCell.Rnn;
}

/// <summary>Long short-term memory: gates i, f, o and candidates g; c = f·c + i·g, h = o·tanh(c).</summary>
/// <param name="hidden">Elements of the state.</param>
/// <param name="layers">How many layers stand on each other.</param>
/// <param name="bidirectional">Whether each layer also goes from the end to the beginning.</param>
/// <remarks>S. Hochreiter, J. Schmidhuber, Neural Computation 9(8), 1997, with forget gates; as PyTorch's LSTM.</remarks>
public sealed class Lstm(int hidden, int layers = 1, bool bidirectional = false) : Recurrent(hidden, layers, bidirectional)
{
    private protected override RecurrentCell Cell => RecurrentCell.Lstm;
}

/// <summary>Gated recurrent unit: gates r, z and candidates n = tanh(Wx + b + r·(Uh + c)); h = (1 − z)·n + z·h.</summary>
/// <param name="hidden">Elements of the state.</param>
/// <param name="layers">How many layers stand on each other.</param>
/// <param name="bidirectional">Whether each layer also goes from the end to the beginning.</param>
/// <remarks>K. Cho et al., EMNLP 2014; as PyTorch's GRU, whose reset gate multiplies after the product.</remarks>
public sealed class Gru(int hidden, int layers = 1, bool bidirectional = false) : Recurrent(hidden, layers, bidirectional)
{
    private protected override RecurrentCell Cell => RecurrentCell.Gru;
}
