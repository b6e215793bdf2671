using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace Fovea.Layers;

/// <summary>Finds the modules in the fields of an object, also those in arrays, lists and dictionaries.</summary>
internal static class ModuleFields
{
    /// <summary>What a module's class must keep when a program is trimmed.</summary>
    public const DynamicallyAccessedMemberTypes Kept = DynamicallyAccessedMemberTypes.AllFields;

    /// <summary>Lists the modules with their names, in the order of the fields; those of a class before those of its base class.</summary>
    /// <exception cref="InvalidOperationException">The key of a dictionary cannot be a part of a name.</exception>
    public static IEnumerable<(string Name, Module Module)> Find(Module owner)
    {
        var found = new HashSet<Module>(ReferenceEqualityComparer.Instance);
        foreach (FieldInfo field in Fields(owner.GetType()))
        {
            // The name is taken only where there is a module.
            foreach ((string suffix, Module module) in Inside(field.GetValue(owner), owner, field.Name, []))
            {
                if (found.Add(module)) yield return (NameOf(field.Name) + suffix, module);
            }
        }
    }

    private static List<FieldInfo> Fields([DynamicallyAccessedMembers(Kept)] Type? type)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var fields = new List<FieldInfo>();
        for (; type is not null && type != typeof(Module); type = type.BaseType) fields.AddRange(type.GetFields(Own));
        return fields;
    }

    /// <param name="value">What a field or a collection holds.</param>
    /// <param name="owner">Whose field it is.</param>
    /// <param name="field">The field's name.</param>
    /// <param name="outer">The collections around it: one may hold itself.</param>
    private static IEnumerable<(string Suffix, Module Module)> Inside(
        object? value, Module owner, string field, IReadOnlyList<object> outer)
    {
        if (value is Module module) return [("", module)];
        if (value is null || outer.Contains(value, ReferenceEqualityComparer.Instance)) return [];
        return value switch
        {
            IDictionary dictionary => InDictionary(dictionary, owner, field, [.. outer, value]),
            IReadOnlyList<object?> list => InList(list, owner, field, [.. outer, value]),
            _ => [],
        };
    }

    private static IEnumerable<(string Suffix, Module Module)> InList(
        IReadOnlyList<object?> list, Module owner, string field, IReadOnlyList<object> outer)
    {
        for (int i = 0; i < list.Count; i++)
        {
            foreach ((string suffix, Module module) in Inside(list[i], owner, field, outer))
                yield return (string.Create(CultureInfo.InvariantCulture, $".{i}{suffix}"), module);
        }
    }

    /// <summary>In the order of the keys, since that of a dictionary may differ from run to run.</summary>
    private static IEnumerable<(string Suffix, Module Module)> InDictionary(
        IDictionary dictionary, Module owner, string field, IReadOnlyList<object> outer)
    {
        foreach (string key in dictionary.Keys.OfType<string>().Order(StringComparer.Ordinal))
        {
            foreach ((string suffix, Module module) in Inside(dictionary[key], owner, field, outer))
            {
                if (key.Length == 0 || key.Contains('.', StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"{owner.GetType().Name}: the dictionary '{NameOf(field)}' holds a " +
                        $"{module.GetType().Name} under the key '{key}', " +
                        "which becomes a part of the names in files: it must have a letter and no dot.");
                }
                yield return ($".{key}{suffix}", module);
            }
        }
    }

    private static string NameOf(string field)
    {
        // A property's field is called <Name>k__BackingField, a captured constructor parameter's <name>P.
        int start = field.StartsWith('<') ? 1 : 0, end = start == 1 ? field.IndexOf('>', StringComparison.Ordinal) : field.Length;
        return char.ToLowerInvariant(field[start]) + field[(start + 1)..end];
    }
}
