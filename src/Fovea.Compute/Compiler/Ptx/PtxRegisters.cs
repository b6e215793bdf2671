using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Ptx;

/// <summary>Hands out virtual registers.</summary>
internal sealed class PtxRegisters
{
    private static readonly (string Prefix, string Type)[] Kinds = [("%p", ".pred"), ("%r", ".b32"), ("%rd", ".b64"), ("%f", ".f32"), ("%fd", ".f64")];

    private readonly int[] counts = new int[Kinds.Length];
    private readonly Dictionary<Value, string> names = [];
    private readonly Dictionary<Value, string[]> vectors = [];

    public string New(IrType type)
    {
        int kind = Kind(type);
        return Kinds[kind].Prefix + ++counts[kind];
    }

    /// <summary>The register of a value.</summary>
    public string Of(Value value) => names.TryGetValue(value, out string? name) ? name : names[value] = New(value.Type);

    /// <summary>The registers of a vector's elements.</summary>
    public string[] Elements(Instruction vector) =>
        vectors.TryGetValue(vector, out string[]? elements) ? elements : vectors[vector] = [.. Enumerable.Range(0, vector.Width).Select(_ => New(vector.Element.InRegister()))];

    /// <summary>Lets a value have a register that holds it already.</summary>
    public void Alias(Value value, string name) => names[value] = name;

    public IEnumerable<string> Declarations() => Kinds.Where((_, i) => counts[i] > 0).Select(kind => $"    .reg {kind.Type} {kind.Prefix}<{counts[Array.IndexOf(Kinds, kind)] + 1}>;");

    public static string MoveSuffix(IrType type) => Kinds[Kind(type)].Type switch { ".b32" => ".u32", ".b64" => ".u64", var other => other };

    private static int Kind(IrType type) => type.IsPointer ? type.Space == AddressSpace.Shared ? 1 : 2 : type.Scalar switch
    {
        ScalarType.Bool => 0,
        ScalarType.Int64 => 2,
        ScalarType.Float32 => 3,
        ScalarType.Float64 => 4,
        _ => 1,
    };
}
