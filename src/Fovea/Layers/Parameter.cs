using Fovea.Initializers;

namespace Fovea.Layers;

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
