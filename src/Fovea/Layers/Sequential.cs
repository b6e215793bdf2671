using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>Modules one after the other, named by their numbers.</summary>
public sealed class Sequential : Module
{
    private readonly Module[] modules;

    /// <summary>Makes a chain.</summary>
    public Sequential(params IEnumerable<Module> modules)
    {
        this.modules = [.. modules];
        for (int i = 0; i < this.modules.Length; i++) this.modules[i].Name = FormattableString.Invariant($"{i}");
    }

    /// <inheritdoc/>
    public override IEnumerable<Module> Children => modules;

    /// <inheritdoc/>
    public override Value Forward(Value x)
    {
        foreach (Module module in modules) x = module.Apply(x);
        return x;
    }
}
