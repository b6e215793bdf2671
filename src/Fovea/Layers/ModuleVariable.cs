using Fovea.Initializers;

namespace Fovea.Layers;

/// <summary>A variable that belongs to a module and that files hold: a parameter or a buffer.</summary>
public abstract class ModuleVariable : Variable
{
    private protected ModuleVariable(string name, Shape shape, Initializer initializer, ParameterLayout? layout) : base(name, shape) =>
        (Initializer, Layout) = (initializer, layout ?? ParameterLayout.Same);

    /// <summary>How its first values are drawn.</summary>
    public Initializer Initializer { get; }

    /// <summary>How files order it.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Whether its values have been drawn or loaded.</summary>
    internal bool IsInitialized { get; set; }

    internal void Initialize(ulong seed, ulong stream)
    {
        Initializer.Fill(Shape, Value.Span, seed, stream);
        IsInitialized = true;
    }
}
