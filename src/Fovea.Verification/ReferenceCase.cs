using System.Text.Json;
using Fovea.Files;

namespace Fovea.Verification;

/// <summary>
/// A computation with known results, from a safetensors file: inputs, outputs, the gradients that arrive at the outputs, and those
/// that must come out. Images are N×C×H×W there, as in PyTorch.
/// </summary>
public sealed class ReferenceCase
{
    private readonly Dictionary<string, (long[] Shape, float[] Values)> tensors = [];
    private readonly Dictionary<string, float> ordinaryError;

    private ReferenceCase(SafetensorsFile file)
    {
        Name = Require(file, "case");
        Op = Require(file, "op");
        Attributes = JsonDocument.Parse(Require(file, "attributes")).RootElement;
        Inputs = List("inputs");
        Outputs = List("outputs");
        Gradients = List("grad_inputs");
        ordinaryError = JsonSerializer.Deserialize<Dictionary<string, float>>(file.Metadata.GetValueOrDefault("f32_max_abs_diff", "{}"))
            ?? [];
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            float[] values = tensor.DType == SafetensorsDType.I64 ? [.. tensor.ReadInt64s().Select(value => (float)value)]
                : tensor.ReadFloats();
            tensors[tensor.Name] = ([.. tensor.Shape], values);
        }

        string[] List(string key) =>
            file.Metadata.TryGetValue(key, out string? json) ? JsonSerializer.Deserialize<string[]>(json) ?? [] : [];
    }

    /// <summary>The case's name.</summary>
    public string Name { get; }

    /// <summary>The operation, such as <c>conv2d</c>.</summary>
    public string Op { get; }

    /// <summary>The operation's attributes.</summary>
    public JsonElement Attributes { get; }

    /// <summary>The names of what goes in, parameters included.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The names of what must come out.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The names of the gradients that must come out, each <c>grad_</c> and an input's name.</summary>
    public IReadOnlyList<string> Gradients { get; }

    /// <summary>Reads a case.</summary>
    /// <exception cref="InvalidDataException">The file is no case.</exception>
    /// <exception cref="IOException">The file is damaged or cannot be read.</exception>
    public static ReferenceCase Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return new ReferenceCase(file);
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>A tensor's sizes as the file has them.</summary>
    public Shape Shape(string name) => new([.. tensors[name].Shape.Select(size => (int)size)]);

    /// <summary>A tensor's values as the file has them.</summary>
    public ReadOnlySpan<float> Values(string name) => tensors[name].Values;

    /// <summary>
    /// The largest error that rounding explains: 10⁻⁵ of the largest value, or ten times the error of a plain float32 computation.
    /// </summary>
    public float Tolerance(string name)
    {
        float largest = 0;
        foreach (float value in Values(name)) largest = Math.Max(largest, Math.Abs(value));
        return Math.Max(1e-5f * largest, 10 * ordinaryError.GetValueOrDefault(name));
    }

    private static string Require(SafetensorsFile file, string key) =>
        file.Metadata.TryGetValue(key, out string? value) ? value
            : throw new InvalidDataException($"{file.FilePath} is no reference case: its metadata lacks '{key}'.");
}
