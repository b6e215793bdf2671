using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>A value inside a symbol; for a pointer with the bytes still to be added to it.</summary>
internal readonly record struct Leaf(Value Value, int Offset = 0);

/// <summary>Walks through the values inside symbols.</summary>
internal static class Leaves
{
    /// <summary>
    /// Puts alternatives of a symbol together, leaf by leaf. Null where they differ in what no value can express: a reference to one
    /// local or to another, for instance.
    /// </summary>
    /// <param name="alternatives">The symbols.</param>
    /// <param name="join">Gets the leaves of all alternatives, and gives the one that stands for them.</param>
    public static Symbol? Join(IReadOnlyList<Symbol> alternatives, Func<Leaf[], Leaf> join)
    {
        switch (alternatives[0])
        {
            case ScalarSymbol:
                return All<ScalarSymbol>(alternatives) is { } scalars ? new ScalarSymbol(join([.. scalars.Select(scalar => new Leaf(scalar.Value))]).Value) : null;
            case StructSymbol first:
                if (All<StructSymbol>(alternatives) is not { } structs || structs.Any(other => other.Type != first.Type)) return null;
                var fields = new Symbol[first.Fields.Length];
                for (int i = 0; i < fields.Length; i++)
                {
                    if (Join([.. structs.Select(other => other.Fields[i])], join) is not { } field) return null;
                    fields[i] = field;
                }
                return first with { Fields = fields };
            case ViewSymbol first:
                if (All<ViewSymbol>(alternatives) is not { } views || views.Any(other => other.Element != first.Element)) return null;
                if (Join([.. views.Select(view => view.Start)], join) is not { } start) return null;
                return first with { Start = start, Length = join([.. views.Select(view => new Leaf(view.Length))]).Value };
            case ReferenceSymbol first:
                if (All<ReferenceSymbol>(alternatives) is not { } references || references.Any(other => other.Type != first.Type)) return null;
                return Join([.. references.Select(reference => reference.Place)], join) is { } place ? first with { Place = place } : null;
            default:
                return alternatives.All(other => other.Equals(alternatives[0])) ? alternatives[0] : null;
        }
    }

    public static IEnumerable<Leaf> Of(Symbol symbol)
    {
        var leaves = new List<Leaf>();
        Join([symbol], found =>
        {
            leaves.Add(found[0]);
            return found[0];
        });
        return leaves;
    }

    private static Place? Join(IReadOnlyList<Place> places, Func<Leaf[], Leaf> join)
    {
        switch (places[0])
        {
            case MemoryPlace first:
                if (places.Any(place => place is not MemoryPlace other || other.Pointer.Type != first.Pointer.Type)) return null;
                Leaf leaf = join([.. places.Cast<MemoryPlace>().Select(place => new Leaf(place.Pointer, place.Offset))]);
                return new MemoryPlace(leaf.Value, leaf.Offset);
            case ElementPlace first:
                if (places.Any(place => place is not ElementPlace other || other.Array != first.Array || !Same(other.Path, first.Path))) return null;
                return first with { Index = join([.. places.Cast<ElementPlace>().Select(place => new Leaf(place.Index))]).Value };
            default:
                var slot = (SlotPlace)places[0];
                return places.All(place => place is SlotPlace other && other.Slot == slot.Slot && Same(other.Path, slot.Path)) ? slot : null;
        }
    }

    private static bool Same(ReadOnlyMemory<int> a, ReadOnlyMemory<int> b) => a.Span.SequenceEqual(b.Span);

    private static List<T>? All<T>(IReadOnlyList<Symbol> symbols)
        where T : Symbol => symbols.All(symbol => symbol is T) ? [.. symbols.Cast<T>()] : null;
}
