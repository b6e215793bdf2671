using System.Globalization;
using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>Modules one after the other, named by their numbers.</summary>
public sealed class Sequential : Module
{
    private readonly Module[] modules;

    /// <summary>Makes a chain.</summary>
    public Sequential(params IEnumerable<Module> modules) => this.modules = [.. modules];

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Module Module)> NamedChildren =>
        modules.Select((module, i) => (i.ToString(CultureInfo.InvariantCulture), module));

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        foreach (Module module in modules) x = module.Apply(x);
        return x;
    }
}
