namespace Fovea.Graph;

/// <summary>
/// The arithmetic of one node: a sealed record of its attributes, with a rule that gives the shapes of its results and one that
/// adds its gradient to the graph. A backend lowers it to a step.
/// </summary>
public abstract record Op
{
    /// <summary>What plans and errors call it.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Gives the results' shapes.</summary>
    /// <exception cref="ShapeException">The inputs do not fit; the message says which sizes.</exception>
    public abstract IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs);

    /// <summary>Adds nodes that compute the gradients of the inputs from those of the results.</summary>
    public virtual void Gradient(GradientContext context) =>
        throw new NotSupportedException($"{Name} has no gradient rule.");

    /// <summary>Whether the node must run even if nobody reads its results.</summary>
    public virtual bool HasEffect => false;

    /// <summary>Whether the result is the input's memory under another shape.</summary>
    public virtual bool IsView => false;

    /// <summary>Whether the result may overwrite the given input when that is not needed any longer.</summary>
    public virtual bool MayOverwrite(int input) => false;

    /// <summary>Whether a run replaces the variable that is the given input.</summary>
    public virtual bool Replaces(int input) => false;

    /// <summary>Multiply-adds of one run.</summary>
    public virtual long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => 0;
}

/// <summary>What a gradient rule works with.</summary>
public sealed class GradientContext
{
    private readonly Action<Value, Value> accumulate;
    private readonly Func<Value, bool> needsGradient;

    internal GradientContext(Node node, IReadOnlyList<Value?> outputGradients, Func<Value, bool> needsGradient, Action<Value, Value> accumulate)
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
            throw new ShapeException($"{Node.Path}: the gradient of input {input} of {Node.Op.Name} is {gradient.Shape}, but the input is {Inputs[input].Shape}.");
        accumulate(Inputs[input], gradient);
    }
}
