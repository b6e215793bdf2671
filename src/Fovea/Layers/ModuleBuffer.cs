using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>
/// A variable that is not trained, but saved, loaded and kept in checkpoints like a parameter: a running mean, a counter, a table.
/// </summary>
/// <param name="name">Its name, such as <c>norm.running_mean</c>.</param>
/// <param name="shape">Its sizes.</param>
/// <param name="initializer">Its first values.</param>
/// <param name="layout">How files order it.</param>
public sealed class ModuleBuffer(string name, Shape shape, Initializer initializer, ParameterLayout? layout = null)
    : ModuleVariable(name, shape, initializer, layout);
