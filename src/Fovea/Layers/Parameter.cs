using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>A variable that is trained.</summary>
/// <param name="name">Its name, such as <c>features.0.weight</c>.</param>
/// <param name="shape">Its sizes.</param>
/// <param name="initializer">How its first values are drawn.</param>
/// <param name="layout">How files order it.</param>
public sealed class Parameter(string name, Shape shape, Initializer initializer, ParameterLayout? layout = null)
    : ModuleVariable(name, shape, initializer, layout);
