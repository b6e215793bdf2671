namespace Fovea.Graph;

/// <summary>A tensor in a graph: what a node produces and others consume.</summary>
public sealed class Value
{
    internal Value(Node producer, int index, TensorSpec spec) => (Producer, Index, Spec) = (producer, index, spec);

    /// <summary>The node that computes it.</summary>
    public Node Producer { get; }

    /// <summary>Which of the node's results it is.</summary>
    public int Index { get; }

    /// <summary>Its shape and type.</summary>
    public TensorSpec Spec { get; }

    /// <summary>Its sizes.</summary>
    public Shape Shape => Spec.Shape;

    /// <summary>The graph it belongs to.</summary>
    public ComputationGraph Graph => Producer.Graph;

    /// <summary>The name by which it can be found and fetched, if it has one.</summary>
    public string? Name { get; private set; }

    /// <summary>
    /// The H×W×C of the image that each example was flattened from; null if it was not. PyTorch flattens C×H×W, so files order such
    /// features differently.
    /// </summary>
    public Shape? FlattenedFrom { get; internal init; }

    /// <summary>Gives the value a name by which it can be found and fetched.</summary>
    /// <exception cref="ArgumentException">Another value of the graph has that name.</exception>
    public Value Named(string name)
    {
        Graph.Register(name, this);
        Name = name;
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name ?? Producer.Op.Name} {Spec}";

    /// <summary>Elementwise sum; shapes broadcast as in NumPy.</summary>
    public static Value operator +(Value left, Value right) => left.Add(right);

    /// <summary>Elementwise difference; shapes broadcast.</summary>
    public static Value operator -(Value left, Value right) => left.Subtract(right);

    /// <summary>Elementwise product; shapes broadcast.</summary>
    public static Value operator *(Value left, Value right) => left.Multiply(right);

    /// <summary>Elementwise quotient; shapes broadcast.</summary>
    public static Value operator /(Value left, Value right) => left.Divide(right);

    /// <summary>Scales every element.</summary>
    public static Value operator *(Value left, float right) => left.Scale(right);
}
