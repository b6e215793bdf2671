namespace Fovea.Formats;

/// <summary>Variables in safetensors files, under PyTorch's names and in its layouts.</summary>
internal static class Weights
{
    /// <summary>Writes variables; an existing file is replaced at once or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variables">Names, values and layouts.</param>
    /// <param name="metadata">Strings that go with them.</param>
    public static void Save(string path, IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> variables, IReadOnlyDictionary<string, string> metadata)
    {
        var list = variables.ToList();
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        using var writer = new SafetensorsWriter(path,
            list.Select(item => new SafetensorsEntry(item.Name, SafetensorsDType.F32, item.Layout.External(item.Variable.Shape).Dimensions)), metadata);
        float[] reordered = [];
        foreach ((string name, Variable variable, ParameterLayout layout) in list)
        {
            if (layout == ParameterLayout.Same)
            {
                writer.Write(name, variable.Value.Span);
                continue;
            }
            int count = (int)variable.Shape.Count;
            if (reordered.Length < count) reordered = new float[count];
            layout.ToExternal(variable.Shape, variable.Value.Span, reordered.AsSpan(0, count));
            writer.Write(name, (ReadOnlySpan<float>)reordered.AsSpan(0, count));
        }
        writer.Commit();
    }

    /// <summary>Reads variables. All are checked before the first is changed.</summary>
    /// <exception cref="InvalidDataException">The file lacks one, or has it in another size.</exception>
    public static void Load(SafetensorsFile file, IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> variables)
    {
        var list = variables.ToList();
        foreach ((string name, Variable variable, ParameterLayout layout) in list)
        {
            Shape wanted = layout.External(variable.Shape);
            if (!file.TryGetTensor(name, out SafetensorsTensor? tensor))
                throw new InvalidDataException($"{file.FilePath} has no tensor '{name}' ({wanted}). Is it the weights of another network? It has {Examples(file)}.");
            if (!tensor.Shape.SequenceEqual(wanted.Dimensions.ToArray().Select(size => (long)size)))
                throw new InvalidDataException($"{file.FilePath}: '{name}' is {string.Join('×', tensor.Shape)}, but this network needs {wanted}. Check the number of classes and the input size.");
        }
        foreach ((string name, Variable variable, ParameterLayout layout) in list)
        {
            if (layout == ParameterLayout.Same) file[name].ReadFloats(variable.Value.Span);
            else layout.FromExternal(variable.Shape, file[name].ReadFloats(), variable.Value.Span);
        }
    }

    private static string Examples(SafetensorsFile file)
    {
        string[] names = [.. file.Names.Take(4)];
        return names.Length == 0 ? "no tensors" : $"{file.Tensors.Count}: {string.Join(", ", names)}{(file.Tensors.Count > names.Length ? ", …" : "")}";
    }
}
