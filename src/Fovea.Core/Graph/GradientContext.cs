namespace Fovea.Graph;

/// <summary>What a gradient rule works with.</summary>
public sealed class GradientContext
{
    private readonly Action<Value, Value> accumulate;
    private readonly Func<Value, bool> needsGradient;

    internal GradientContext(
        Node node, IReadOnlyList<Value?> outputGradients, Func<Value, bool> needsGradient, Action<Value, Value> accumulate)
    {
        Node = node;
        OutputGradients = outputGradients;
        this.needsGradient = needsGradient;
        this.accumulate = accumulate;
    }

    /// <summary>The node that is differentiated.</summary>
    public Node Node { get; }

    /// <summary>The graph that receives the new nodes.</summary>
    public ComputationGraph Graph => Node.Graph;

    /// <summary>The node's inputs.</summary>
    public IReadOnlyList<Value> Inputs => Node.Inputs;

    /// <summary>The gradient of each result; null for a result that the loss does not depend on.</summary>
    public IReadOnlyList<Value?> OutputGradients { get; }

    /// <summary>The gradient of the only result.</summary>
    public Value OutputGradient => OutputGradients[0]!;

    /// <summary>Whether anybody asks for the gradient of an input.</summary>
    public bool Needs(int input) => needsGradient(Inputs[input]);

    /// <summary>Adds to the gradient of an input.</summary>
    public void Accumulate(int input, Value gradient)
    {
        if (gradient.Shape != Inputs[input].Shape)
            throw new ShapeException(
                $"{Node.Path}: the gradient of input {input} of {Node.Op.Name} is {gradient.Shape}, "
                + $"but the input is {Inputs[input].Shape}.");
        accumulate(Inputs[input], gradient);
    }
}
