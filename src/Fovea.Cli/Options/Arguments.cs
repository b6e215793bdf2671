using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Fovea.Diagnostics;

namespace Fovea.Cli.Options;

/// <summary>Makes options whose messages name the option, what it takes and what was given.</summary>
internal static class Arguments
{
    private const int LongestWords = 24;

    /// <summary>An option that takes a number; null if it is not given.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it does.</param>
    /// <param name="requirement">What the number must be, such as "a positive number".</param>
    /// <param name="accepts">Whether it is that.</param>
    public static Option<T?> Number<T>(string name, string description, string requirement, Func<T, bool> accepts)
        where T : struct, INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = T.IsInteger(T.One / (T.One + T.One)) ? "N" : "X",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && accepts(value)) return value;
                result.AddError($"{name} must be {requirement}, not '{text}'.");
                return null;
            },
        };

    public static Option<int?> Positive(string name, string description) =>
        Number<int>(name, description, "a whole number above 0", value => value > 0);

    public static Option<float?> PositiveReal(string name, string description) =>
        Number<float>(name, description, "a positive finite number", value => value > 0 && float.IsFinite(value));

    /// <summary>A number from 0 up to, but not including, a limit.</summary>
    public static Option<float?> RealBelow(string name, string description, float limit) => Number<float>(name, description,
        float.IsFinite(limit) ? string.Create(CultureInfo.InvariantCulture, $"a number from 0 to below {limit}")
            : "a finite number of at least 0",
        value => value >= 0 && value < limit);

    /// <summary>An option that takes one of some words; null if it is not given.</summary>
    public static Option<string?> Choice(string name, string description, params string[] words)
    {
        // A long list would push the descriptions of all options out of a terminal.
        string list = string.Join('|', words);
        bool isLong = list.Length > LongestWords;
        var option = new Option<string?>(name)
        {
            Description = isLong ? $"{description}: {string.Join(", ", words)}" : description,
            HelpName = isLong ? name.Split('-')[^1].ToUpperInvariant() : list,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (words.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known) return known;
                result.AddError($"{name} must be one of {string.Join(", ", words)}, not '{text}'.{NearestName.Question(text, words)}");
                return null;
            },
        };
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>An option that takes text, checked by a function that throws where it is wrong.</summary>
    public static Option<string?> Checked(string name, string form, string description, Action<string> check) => new(name)
    {
        Description = description,
        HelpName = form,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            try
            {
                check(text);
                return text;
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or UsageException)
            {
                result.AddError($"{name}: {ExitCodes.Describe(exception)}");
                return null;
            }
        },
    };
}
