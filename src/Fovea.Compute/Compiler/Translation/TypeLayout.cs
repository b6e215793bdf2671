using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Dialect;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>How a type lies in memory.</summary>
internal sealed class TypeLayout
{
    private static readonly ConcurrentDictionary<Type, TypeLayout> Known = [];

    private TypeLayout(Type type)
    {
        Scalar = ScalarOf(type);
        if (Scalar is { } scalar)
        {
            Bytes = Alignment = scalar.Bytes();
            return;
        }
        Fields = [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field => field.MetadataToken)];
        StructLayoutAttribute layout = type.StructLayoutAttribute!;
        IsSupported = type.IsValueType && !type.IsPrimitive && layout.Value != LayoutKind.Explicit && !type.IsDefined(typeof(InlineArrayAttribute), false);
        // The runtime may order an automatic layout's fields as it likes; in registers it makes no difference.
        IsMemory = IsSupported && layout.Value == LayoutKind.Sequential;
        if (!IsSupported) return;
        int pack = layout.Pack == 0 ? 8 : layout.Pack, at = 0;
        Alignment = 1;
        var offsets = new List<int>();
        foreach (FieldInfo field in Fields)
        {
            // Views have no place in memory; structs that hold them live in registers only.
            TypeLayout inner = Of(field.FieldType);
            int alignment = Math.Clamp(inner.Alignment, 1, pack);
            at = (at + alignment - 1) / alignment * alignment;
            offsets.Add(at);
            at += inner.Bytes;
            Alignment = Math.Max(Alignment, alignment);
            IsMemory &= inner.IsMemory;
        }
        Offsets = [.. offsets];
        Bytes = Math.Max(1, (at + Alignment - 1) / Alignment * Alignment);
        IsVector = type.IsDefined(typeof(VectorAttribute), false);
    }

    /// <summary>The number that it is, if it is one.</summary>
    public ScalarType? Scalar { get; }

    public FieldInfo[] Fields { get; } = [];

    public int[] Offsets { get; } = [];

    public int Bytes { get; }

    public int Alignment { get; }

    /// <summary>Whether it moves through memory as one vector.</summary>
    public bool IsVector { get; }

    /// <summary>Whether kernels can have it as a struct.</summary>
    public bool IsSupported { get; }

    /// <summary>Whether it consists of numbers alone, at known places.</summary>
    public bool IsMemory { get; } = true;

    public static TypeLayout Of(Type type) => Known.TryGetValue(type, out TypeLayout? layout) ? layout : Known[type] = new TypeLayout(type);

    public static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is { } definition
        && (definition == typeof(ArrayView<>) || definition == typeof(Span<>) || definition == typeof(ReadOnlySpan<>));

    private static ScalarType? ScalarOf(Type type) => Type.GetTypeCode(type.IsEnum ? type.GetEnumUnderlyingType() : type) switch
    {
        TypeCode.Boolean => ScalarType.Bool,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Byte => ScalarType.UInt8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.UInt16 or TypeCode.Char => ScalarType.UInt16,
        TypeCode.Int32 or TypeCode.UInt32 => ScalarType.Int32,
        TypeCode.Int64 or TypeCode.UInt64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        _ => type == typeof(nint) || type == typeof(nuint) ? ScalarType.Int64 : null,
    };
}
