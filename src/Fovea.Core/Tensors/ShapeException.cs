namespace Fovea;

/// <summary>Shapes that do not fit together. The message names the layer and the sizes.</summary>
public sealed class ShapeException(string message) : ArgumentException(message);
