using Fovea.Files;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>What an observer remembers, in a checkpoint: numbers and tensors by name.</summary>
public sealed class ObserverState
{
    private readonly Dictionary<string, Tensor> tensors = [];

    internal ObserverState(string name) => Name = name;

    internal string Name { get; }

    internal Dictionary<string, double> Numbers { get; private set; } = [];

    /// <summary>A number; NaN if there is none of that name.</summary>
    public double this[string name]
    {
        get => Numbers.TryGetValue(name, out double value) ? value : double.NaN;
        set => Numbers[name] = value;
    }

    /// <summary>The tensors.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => tensors;

    /// <summary>The tensors as files hold them.</summary>
    internal IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> Stored => tensors.Select(item =>
    {
        var variable = new Variable(Prefix + item.Key, item.Value.Shape);
        item.Value.Span.CopyTo(variable.Value.Span);
        return (variable.Name, variable, ParameterLayout.Same);
    });

    private string Prefix => $"observer.{Name}.";

    /// <summary>Adds a tensor, or replaces the one of that name. It is copied when the checkpoint is written.</summary>
    public void Put(string name, Tensor tensor) => tensors[name] = tensor;

    internal void Load(Dictionary<string, double> numbers, SafetensorsFile file)
    {
        Numbers = numbers;
        foreach (string name in file.Names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            SafetensorsTensor stored = file[name];
            if (stored.Shape.Any(size => size is < 1 or > int.MaxValue))
                throw new InvalidDataException($"{file.FilePath}: '{name}' is {string.Join('×', stored.Shape)}, which is no size.");
            tensors[name[Prefix.Length..]] = new Tensor(new Shape([.. stored.Shape.Select(size => (int)size)]), stored.ReadFloats());
        }
    }
}
