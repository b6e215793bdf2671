using Fovea.Initializers;

namespace Fovea;

/// <summary>A tensor that outlives a run: a network's parameter, or what an optimizer remembers of it.</summary>
/// <param name="name">Its name, unique within its network.</param>
/// <param name="shape">Its sizes.</param>
public class Variable(string name, Shape shape)
{
    private Tensor? value;

    /// <summary>Its name, such as <c>features.0.weight</c>.</summary>
    public string Name { get; internal set; } = name;

    /// <summary>Its sizes.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Its present value; zeros until something is written.</summary>
    public Tensor Value => value ??= new Tensor(Shape);
}

/// <summary>A variable that is trained.</summary>
/// <param name="name">Its name within its layer until the network gives it its full one.</param>
/// <param name="shape">Its sizes.</param>
/// <param name="initializer">How its first values are drawn.</param>
/// <param name="layout">How files order it.</param>
public sealed class Parameter(string name, Shape shape, Initializer initializer, ParameterLayout? layout = null) : Variable(name, shape)
{
    /// <summary>How its first values are drawn.</summary>
    public Initializer Initializer { get; } = initializer;

    /// <summary>How files order it.</summary>
    public ParameterLayout Layout { get; } = layout ?? ParameterLayout.Same;
}
