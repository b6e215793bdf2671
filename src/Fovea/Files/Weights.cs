using System.Runtime.InteropServices;
using Fovea.Core.Files;
using Fovea.Layers;

namespace Fovea.Files;

/// <summary>Variables in safetensors files, under PyTorch's names and in its layouts.</summary>
internal static class Weights
{
    /// <summary>Elements that are reordered at a time, about: a large matrix needs no second copy in memory.</summary>
    private const int ChunkElements = 1 << 20;

    /// <summary>Writes variables; an existing file is replaced at once or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variables">Names, values and layouts.</param>
    /// <param name="metadata">Strings that go with them.</param>
    public static void Save(string path, IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> variables,
        IReadOnlyDictionary<string, string> metadata)
    {
        var list = variables.ToList();
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) OutputPath.MakeFolder(folder);
        using var writer = new SafetensorsWriter(path,
            list.Select(item => new SafetensorsEntry(item.Name, SafetensorsDType.F32,
                item.Layout.External(item.Variable.Shape).Dimensions)), metadata);
        float[] chunk = [];
        foreach ((string name, Variable variable, ParameterLayout layout) in list)
        {
            if (layout == ParameterLayout.Same)
            {
                writer.Write(name, variable.Read());
                continue;
            }
            foreach ((Range elements, Shape shape) in Chunks(variable.Shape))
            {
                Span<float> reordered = Room(ref chunk, shape);
                layout.ToExternal(shape, variable.Read()[elements], reordered);
                writer.Write(name, (ReadOnlySpan<float>)reordered);
            }
        }
        writer.Commit();
    }

    /// <summary>Reads variables, and changes none: what is returned does, and cannot fail.</summary>
    /// <exception cref="InvalidDataException">The file lacks one, or has it in another size or an unknown type.</exception>
    /// <exception cref="IOException">Something in the file cannot be read.</exception>
    public static Action Load(SafetensorsFile file, IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> variables)
    {
        var list = variables.ToList();
        foreach ((string name, Variable variable, ParameterLayout layout) in list) Check(file, name, layout.External(variable.Shape));
        float[] chunk = [];
        var read = new List<(Variable Variable, Tensor Tensor)>(list.Count);
        foreach ((string name, Variable variable, ParameterLayout layout) in list)
        {
            var tensor = new Tensor(variable.Shape);
            Read(file[name], tensor, layout, ref chunk);
            read.Add((variable, tensor));
        }
        return () =>
        {
            foreach ((Variable variable, Tensor tensor) in read) variable.Take(tensor);
        };
    }

    private static void Check(SafetensorsFile file, string name, Shape expected)
    {
        if (!file.TryGetTensor(name, out SafetensorsTensor? tensor))
            throw new InvalidDataException(
                $"{file.FilePath} has no tensor '{name}' ({expected}). Is it the weights of another network? It has {Examples(file)}.");
        if (!tensor.Shape.SequenceEqual(expected.Dimensions.ToArray().Select(size => (long)size)))
            throw new InvalidDataException(
                $"{file.FilePath}: '{name}' is {string.Join('×', tensor.Shape)} in the file, but {expected} in this network. "
                    + Differing(tensor.Shape, expected));
        if (!IsFloat(tensor.DType) && !IsInteger(tensor.DType))
            throw new InvalidDataException($"{file.FilePath}: '{name}' is of type {tensor.DType}, which is not read. Save it as F32.");
    }

    private static void Read(SafetensorsTensor stored, Tensor tensor, ParameterLayout layout, ref float[] chunk)
    {
        if (IsInteger(stored.DType))
        {
            float[] numbers = [.. stored.ReadInt64s().Select(number => (float)number)];
            layout.FromExternal(tensor.Shape, numbers, tensor.Span);
        }
        else if (layout == ParameterLayout.Same) stored.ReadFloats(tensor.Span);
        else if (stored.DType != SafetensorsDType.F32) layout.FromExternal(tensor.Shape, stored.ReadFloats(), tensor.Span);
        else
        {
            foreach ((Range elements, Shape shape) in Chunks(tensor.Shape))
            {
                Span<float> external = Room(ref chunk, shape);
                stored.ReadBytes(MemoryMarshal.AsBytes(external), elements.Start.Value * (long)sizeof(float));
                layout.FromExternal(shape, external, tensor.Span[elements]);
            }
        }
    }

    /// <summary>What a difference of sizes comes from, as far as the sizes tell.</summary>
    private static string Differing(IReadOnlyList<long> given, Shape expected)
    {
        if (given.Count != expected.Rank) return "They are the weights of another network.";
        int[] differing = [.. Enumerable.Range(0, expected.Rank).Where(i => given[i] != expected[i])];
        return differing switch
        {
            [0] => "Check how many outputs that layer has: for the last one, the number of classes.",
            [1] when expected.Rank == 4 => "Check how many channels the network's input, or the layer before, has.",
            [1] when expected.Rank == 2 => "Check the size of the network's input, or of the layer before.",
            _ => "They are the weights of another network.",
        };
    }

    private static bool IsFloat(SafetensorsDType type) =>
        type is SafetensorsDType.F16 or SafetensorsDType.BF16 or SafetensorsDType.F32 or SafetensorsDType.F64;

    /// <summary>PyTorch counts in whole numbers, as in num_batches_tracked.</summary>
    private static bool IsInteger(SafetensorsDType type) =>
        type is SafetensorsDType.BOOL or SafetensorsDType.U8 or SafetensorsDType.I8 or SafetensorsDType.I16
        or SafetensorsDType.U16 or SafetensorsDType.I32 or SafetensorsDType.U32 or SafetensorsDType.I64 or SafetensorsDType.U64;

    /// <summary>
    /// Cuts a tensor along its first dimension, which all layouts leave where it is; a vector has no other and stays whole.
    /// </summary>
    private static IEnumerable<(Range Elements, Shape Shape)> Chunks(Shape shape)
    {
        if (shape.Rank == 1)
        {
            yield return (0..shape[0], shape);
            yield break;
        }
        int row = shape.Joined("All dimensions but the first", shape.Count / shape[0]), rows = Math.Max(1, ChunkElements / row);
        for (int first = 0; first < shape[0]; first += rows)
        {
            int count = Math.Min(rows, shape[0] - first);
            yield return ((first * row)..((first + count) * row), shape.WithBatch(count));
        }
    }

    private static Span<float> Room(ref float[] chunk, Shape shape)
    {
        if (chunk.Length < shape.Count) chunk = new float[shape.Count];
        return chunk.AsSpan(0, (int)shape.Count);
    }

    private static string Examples(SafetensorsFile file)
    {
        string[] names = [.. file.Names.Take(4)];
        return names.Length == 0 ? "no tensors"
            : $"{file.Tensors.Count}: {string.Join(", ", names)}{(file.Tensors.Count > names.Length ? ", …" : "")}";
    }
}
