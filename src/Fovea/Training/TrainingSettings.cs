using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Optimizers;
using Fovea.Schedules;

namespace Fovea.Training;

/// <summary>A public property that does not decide what a training gives, and so is not compared when one is resumed.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NoSettingAttribute : Attribute;

/// <summary>
/// What makes two trainings the same, apart from the network's own shape, each by its name: texts that are the same under every culture
/// and from every compiler. How long a training lasts is not part of it: one may be prolonged.
/// </summary>
internal static class TrainingSettings
{
    /// <summary>What optimizers, schedules, losses and tasks must keep when a program is trimmed.</summary>
    public const DynamicallyAccessedMemberTypes Kept = DynamicallyAccessedMemberTypes.PublicProperties;

    public static Dictionary<string, string> Of(Network network, IDataset data, int batchSize, TrainerOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["Network"] = NameOf(network.GetType()),
            ["InputShape"] = string.Join('x', network.InputShape.Select(size => size.ToString(CultureInfo.InvariantCulture))),
            ["Data"] = data.Name,
            ["Examples"] = data.Count.ToString(CultureInfo.InvariantCulture),
            ["BatchSize"] = batchSize.ToString(CultureInfo.InvariantCulture),
            ["Seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["Augmentation"] = options.Augmentation.ToString(),
        };
        Add(settings, "Optimizer", options.Optimizer);
        Add(settings, "Task", options.Task);
        Add(settings, "Schedule", options.Schedule);
        return settings;
    }

    /// <summary>Lists the settings that differ, a line each; empty if all are the same.</summary>
    public static IReadOnlyList<string> Differing(IReadOnlyDictionary<string, string> there, IReadOnlyDictionary<string, string> here) =>
        [.. there.Keys.Union(here.Keys).Order(StringComparer.Ordinal)
            .Where(name => (there.GetValueOrDefault(name) ?? "null") != (here.GetValueOrDefault(name) ?? "null"))
            .Select(name => $"{name}: {there.GetValueOrDefault(name) ?? "none"} there, {here.GetValueOrDefault(name) ?? "none"} here")];

    private static void Add(Dictionary<string, string> settings, string name, Optimizer value) =>
        Add(settings, name, value, value.GetType());

    private static void Add(Dictionary<string, string> settings, string name, Schedule value) =>
        Add(settings, name, value, value.GetType());

    private static void Add(Dictionary<string, string> settings, string name, Loss value) =>
        Add(settings, name, value, value.GetType());

    private static void Add(Dictionary<string, string> settings, string name, TrainingTask value) =>
        Add(settings, name, value, value.GetType());

    private static void Add(
        Dictionary<string, string> settings, string name, object owner, [DynamicallyAccessedMembers(Kept)] Type type)
    {
        settings[name] = NameOf(type);
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            bool isSetting = property.CanRead && property.GetIndexParameters().Length == 0
                && !Attribute.IsDefined(property, typeof(NoSettingAttribute), inherit: true);
            if (isSetting) AddValue(settings, $"{name}.{property.Name}", property.GetValue(owner));
        }
    }

    private static void AddValue(Dictionary<string, string> settings, string name, object? value)
    {
        switch (value)
        {
            // As if it did not exist, as in checkpoints from before it did.
            case null:
                break;
            case Optimizer optimizer:
                Add(settings, name, optimizer);
                break;
            case Schedule schedule:
                Add(settings, name, schedule);
                break;
            case Loss loss:
                Add(settings, name, loss);
                break;
            case TrainingTask task:
                Add(settings, name, task);
                break;
            case not string and IEnumerable list:
                settings[name] = $"[{string.Join(", ", list.Cast<object?>().Select(Text))}]";
                break;
            default:
                settings[name] = Text(value);
                break;
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        Delegate or Type => NameOf(value.GetType()),
        _ => InvariantText(value),
    };

    /// <summary>The text of a record of a host's own, whose members format themselves by the thread's culture.</summary>
    private static string InvariantText(object value)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            return value.ToString() ?? "";
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    /// <summary>A type's name; of one that is local to a file without what the compiler puts before it.</summary>
    private static string NameOf(Type type) =>
        type.Name.StartsWith('<') && type.Name.LastIndexOf("__", StringComparison.Ordinal) is var end and >= 0
            ? type.Name[(end + 2)..] : type.Name;

    /// <summary>The settings as the first versions wrote them, in one text.</summary>
    internal static class FirstVersions
    {
        // What writing directions put before a minus sign; they are no part of a number.
        private const string Marks = "\u200e\u200f\u061c";

        /// <summary>Whether a text that was written under any culture says these settings.</summary>
        public static bool AreSame(string there, Network network, IDataset data, int batchSize, TrainerOptions options)
        {
            string written = Normal(there), own = Normal(Text(network, data, batchSize, options));
            if (written.Length != own.Length) return false;
            for (int i = 0; i < own.Length; i++)
            {
                // Cultures differ in the sign before a number and in the point inside one, and in nothing else of it.
                bool inNumber = i + 1 < own.Length && char.IsAsciiDigit(own[i + 1])
                    && (own[i] == '-' || (own[i] == '.' && i > 0 && char.IsAsciiDigit(own[i - 1])));
                if (written[i] != own[i] && !(inNumber && !char.IsLetterOrDigit(written[i]))) return false;
            }
            return true;
        }

        public static string Text(Network network, IDataset data, int batchSize, TrainerOptions options)
        {
            string task = InvariantText(options.Task is Classification classification ? classification.Loss : options.Task);
            string method = $"{InvariantText(options.Optimizer)}, {task}, {InvariantText(options.Schedule)}";
            return FormattableString.Invariant($"{network.GetType().Name} {network.InputShape}, {data.Name} ({data.Count}), {method}, ")
                + FormattableString.Invariant($"batch {batchSize}, seed {options.Seed}, augmentation {options.Augmentation}");
        }

        /// <summary>The text without the names that compilers give to lists, which stood in it.</summary>
        private static string Normal(string text)
        {
            string plain = string.Concat(text.Where(letter => !Marks.Contains(letter, StringComparison.Ordinal)));
            // A setting that they did not have, where it is not used.
            plain = plain.Replace(", ClassWeights =  }", " }", StringComparison.Ordinal);
            const string Member = "StateNames = ";
            int start = plain.IndexOf(Member, StringComparison.Ordinal);
            if (start < 0) return plain;
            int end = plain.IndexOfAny([',', ' '], start + Member.Length);
            return end < 0 ? plain : plain[..start] + plain[end..];
        }
    }
}
