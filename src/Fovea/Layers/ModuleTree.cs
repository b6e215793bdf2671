namespace Fovea.Layers;

/// <summary>A module and all that it holds, each once, with its path. A module that is held twice has the first of its paths.</summary>
internal sealed class ModuleTree
{
    private readonly Dictionary<Module, string> paths = new(ReferenceEqualityComparer.Instance);
    private readonly List<Module> modules = [];

    /// <exception cref="InvalidOperationException">Two modules have the same path.</exception>
    public ModuleTree(Module root)
    {
        Root = root;
        Refresh();
    }

    /// <summary>The module whose tree this is.</summary>
    public Module Root { get; }

    /// <summary>The modules, each before those it holds.</summary>
    public IReadOnlyList<Module> Modules => modules;

    /// <summary>
    /// The variables with their paths: for each module parameters, then buffers, in the order in which the layer asked for them.
    /// </summary>
    public IEnumerable<(string Name, ModuleVariable Variable)> Variables =>
        modules.SelectMany(module => module.OwnVariables.Select(own => (Join(paths[module], own.Name), own.Variable)));

    /// <summary>Whether a module belongs to the tree. Modules that have come into being since it was walked are found too.</summary>
    public bool Contains(Module module)
    {
        if (paths.ContainsKey(module)) return true;
        Refresh();
        if (!paths.ContainsKey(module)) return false;
        Name();
        return true;
    }

    /// <summary>Tells modules and variables what they are called within the root.</summary>
    public void Name()
    {
        foreach (Module module in modules) module.Name = paths[module];
        foreach ((string name, ModuleVariable variable) in Variables) variable.Name = name;
    }

    /// <summary>The path of what a module holds under a name.</summary>
    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Refresh()
    {
        paths.Clear();
        modules.Clear();
        var taken = new Dictionary<string, Module>();
        Add(Root, "", taken);
    }

    private void Add(Module module, string path, Dictionary<string, Module> taken)
    {
        if (!paths.TryAdd(module, path)) return;
        if (!taken.TryAdd(path, module))
        {
            throw new InvalidOperationException($"{Root.GetType().Name} holds two modules called '{path}', a " +
                $"{taken[path].GetType().Name} and a {module.GetType().Name}. " +
                "Files tell them apart by their names, which are those of the fields: give one another name.");
        }
        modules.Add(module);
        foreach ((string name, Module child) in module.NamedChildren) Add(child, Join(path, name), taken);
    }
}
