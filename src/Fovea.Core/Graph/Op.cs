namespace Fovea.Graph;

/// <summary>
/// The arithmetic of one node: a sealed record of its attributes, with a rule that gives the shapes of its results and one that
/// adds its gradient to the graph. A backend lowers it to a step.
/// </summary>
public abstract record Op
{
    /// <summary>What plans and errors call it.</summary>
    public virtual string Name
    {
        get
        {
            string type = GetType().Name;
            return type.EndsWith("Op", StringComparison.Ordinal) ? type[..^2] : type;
        }
    }

    /// <summary>Gives the results' shapes.</summary>
    /// <exception cref="ShapeException">The inputs do not fit; the message says which sizes.</exception>
    public abstract IReadOnlyList<TensorSpec> Infer(IReadOnlyList<TensorSpec> inputs);

    /// <summary>Adds nodes that compute the gradients of the inputs from those of the results.</summary>
    public virtual void Gradient(GradientContext context) =>
        throw new NotSupportedException(
            $"{Name} has no gradient. Override Gradient in {GetType().Name}, or do not differentiate through it.");

    /// <summary>Whether the node must run even if nobody reads its results.</summary>
    public virtual bool HasEffect => false;

    /// <summary>Whether the result is the input's memory under another shape.</summary>
    public virtual bool IsView => false;

    /// <summary>Whether the result may overwrite the given input when that is not needed any longer.</summary>
    public virtual bool MayOverwrite(int input) => false;

    /// <summary>Whether a run replaces the variable that is the given input.</summary>
    public virtual bool Replaces(int input) => false;

    /// <summary>
    /// Whether every element of a result of the given input's shape stands where the input's element stands, as in an elementwise
    /// operation. Features that were flattened from an image then keep their order (<see cref="Value.FlattenedFrom"/>).
    /// </summary>
    public virtual bool KeepsOrder(int input) => false;

    /// <summary>What a summary says of it besides its sizes, such as <c>1×7 stride 1×2</c>; empty if there is nothing.</summary>
    public virtual string Details(IReadOnlyList<TensorSpec> inputs) => "";

    /// <summary>Multiply-adds of one run.</summary>
    public virtual long MultiplyAdds(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => 0;
}
