namespace Fovea.Compute.Compiler.Ir;

/// <summary>Where memory lies.</summary>
internal enum AddressSpace
{
    /// <summary>The type is no pointer.</summary>
    None,

    /// <summary>Memory of the device.</summary>
    Global,

    /// <summary>Memory of a group.</summary>
    Shared,

    /// <summary>Memory of a thread, for arrays whose indices are not known while compiling.</summary>
    Local,
}

/// <summary>The type of a value: a number, a vector of numbers (between a load and its elements), a byte pointer, or nothing.</summary>
/// <param name="Scalar">The number.</param>
/// <param name="Space">For a pointer, where it points.</param>
/// <param name="Width">Elements of a vector; 1 for a number, 0 for nothing.</param>
internal readonly record struct IrType(ScalarType Scalar, AddressSpace Space = AddressSpace.None, int Width = 1)
{
    public static readonly IrType Void = new(ScalarType.Int32, Width: 0);
    public static readonly IrType Bool = new(ScalarType.Bool);
    public static readonly IrType I32 = new(ScalarType.Int32);
    public static readonly IrType I64 = new(ScalarType.Int64);
    public static readonly IrType F32 = new(ScalarType.Float32);
    public static readonly IrType F64 = new(ScalarType.Float64);

    public bool IsPointer => Space != AddressSpace.None;

    public bool IsFloat => !IsPointer && Scalar is ScalarType.Float32 or ScalarType.Float64;

    public bool IsInteger => !IsPointer && Scalar is ScalarType.Int32 or ScalarType.Int64;

    public static IrType Pointer(AddressSpace space) => new(ScalarType.UInt8, space);

    public override string ToString() =>
        Width == 0 ? "void" : IsPointer ? $"{Space.ToString().ToLowerInvariant()}*" : Width > 1 ? $"{Name(Scalar)}x{Width}" : Name(Scalar);

    private static string Name(ScalarType type) => type switch
    {
        ScalarType.Bool => "bool",
        ScalarType.Int8 => "i8",
        ScalarType.UInt8 => "u8",
        ScalarType.Int16 => "i16",
        ScalarType.UInt16 => "u16",
        ScalarType.Int32 => "i32",
        ScalarType.Int64 => "i64",
        ScalarType.Float32 => "f32",
        _ => "f64",
    };
}

/// <summary>Sizes of numbers.</summary>
internal static class ScalarTypes
{
    public static int Bytes(this ScalarType type) => type switch
    {
        ScalarType.Bool or ScalarType.Int8 or ScalarType.UInt8 => 1,
        ScalarType.Int16 or ScalarType.UInt16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The type that a number of memory has in registers.</summary>
    public static IrType InRegister(this ScalarType type) => type switch
    {
        ScalarType.Bool => IrType.Bool,
        ScalarType.Int64 => IrType.I64,
        ScalarType.Float32 => IrType.F32,
        ScalarType.Float64 => IrType.F64,
        _ => IrType.I32,
    };
}
