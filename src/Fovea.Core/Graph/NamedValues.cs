using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Fovea.Graph;

/// <summary>The values of a graph that have names; an unknown name is an error that lists those that there are.</summary>
internal sealed class NamedValues : IReadOnlyDictionary<string, Value>
{
    private readonly Dictionary<string, Value> values = [];

    /// <inheritdoc/>
    public int Count => values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => values.Keys;

    /// <inheritdoc/>
    public IEnumerable<Value> Values => values.Values;

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">No value has that name.</exception>
    public Value this[string key] => values.TryGetValue(key, out Value? value)
        ? value
        : throw new KeyNotFoundException(
            $"The graph has no value named '{key}'. It has {(Count == 0 ? "no named values" : string.Join(", ", Keys))}.");

    /// <summary>Gives a value its name.</summary>
    /// <exception cref="ArgumentException">Another value has it.</exception>
    public void Add(string name, Value value)
    {
        if (!values.TryAdd(name, value) && values[name] != value)
            throw new ArgumentException($"The graph has a value named '{name}' already.", nameof(name));
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Value value) => values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Value>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
