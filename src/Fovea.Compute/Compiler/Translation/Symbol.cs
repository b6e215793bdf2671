using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>
/// What the translator knows of a value on IL's stack or in a local. Structs are their fields and references the places they point
/// to, so neither exists in the code that comes out.
/// </summary>
internal abstract record Symbol;

/// <summary>A number.</summary>
internal sealed record ScalarSymbol(Value Value) : Symbol;

/// <summary>A struct, field by field.</summary>
internal sealed record StructSymbol(Type Type, Symbol[] Fields) : Symbol;

/// <summary>An <c>ArrayView</c> or a span.</summary>
internal sealed record ViewSymbol(Type Element, Place Start, Value Length) : Symbol;

/// <summary>A <c>ref</c>.</summary>
internal sealed record ReferenceSymbol(Place Place, Type Type) : Symbol;

/// <summary>The address that <c>stackalloc</c> gives, before a span is made of it.</summary>
internal sealed record StackSymbol(int Bytes, ArraySite Site) : Symbol;

/// <summary>A type, on its way from <c>typeof</c> to a comparison.</summary>
internal sealed record TypeSymbol(Type Type) : Symbol;

/// <summary>What paths that met disagree on, so that no value stands for it: one reference or another. Nobody may use it.</summary>
internal sealed record LostSymbol : Symbol
{
    public static LostSymbol Instance { get; } = new();
}

/// <summary>Where something lies.</summary>
internal abstract record Place;

/// <summary>In a local or argument, or in a field of it.</summary>
internal sealed record SlotPlace(Slot Slot, ReadOnlyMemory<int> Path) : Place;

/// <summary>In memory.</summary>
internal sealed record MemoryPlace(Value Pointer, int Offset) : Place;

/// <summary>In an array of registers, or in a field of an element.</summary>
internal sealed record ElementPlace(RegisterArray Array, Value Index, ReadOnlyMemory<int> Path) : Place;

/// <summary>Where an array is allocated: a method and the IL offset in it.</summary>
internal readonly record struct ArraySite(System.Reflection.MethodBase Method, int Offset);

/// <summary>A variable of the translation: a local, an argument, or an element of an array of registers.</summary>
internal sealed class Slot(string name, Type type)
{
    public string Name { get; } = name;

    public Type Type { get; } = type;
}

/// <summary>An array that becomes registers: every index is known while compiling.</summary>
internal sealed class RegisterArray(ArraySite site, Type element, int length)
{
    public ArraySite Site { get; } = site;

    public Type Element { get; } = element;

    public Slot[] Slots { get; } = [.. Enumerable.Range(0, length).Select(i => new Slot($"[{i}]", element))];
}

/// <summary>What is known at a point of the program.</summary>
internal sealed class State
{
    public Dictionary<Slot, Symbol> Slots { get; private init; } = [];

    public List<Symbol> Stack { get; private init; } = [];

    public State Clone() => new() { Slots = new(Slots), Stack = [.. Stack] };
}

/// <summary>Control on its way from the open end of a block, with what is known there.</summary>
internal readonly record struct Edge(Block From, State State);
