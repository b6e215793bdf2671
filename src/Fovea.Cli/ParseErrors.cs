using System.CommandLine;
using System.CommandLine.Parsing;
using Fovea.Diagnostics;

namespace Fovea.Cli;

/// <summary>Says in one sentence what is wrong with a command line, and what was probably meant.</summary>
internal static class ParseErrors
{
    /// <summary>
    /// The first word that looks like an option and is none; null if there is no such word. The parser would take it for an argument, and
    /// complain of what comes after it, or not at all.
    /// </summary>
    public static string? UnknownOption(ParseResult parse)
    {
        // What stands behind a double dash is an argument, whatever it looks like.
        if (parse.Tokens.Any(token => token.Type == TokenType.DoubleDash)) return null;
        HashSet<string> candidates = [.. parse.UnmatchedTokens,
            .. parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value)];
        string? word = parse.Tokens.Select(token => token.Value).FirstOrDefault(
            value => candidates.Contains(value) && value.Length > 1 && value[0] == '-' && !char.IsAsciiDigit(value[1]));
        if (word is null) return null;
        IEnumerable<string> known = parse.CommandResult.Command.Options.Select(option => option.Name);
        return $"{Words(parse.CommandResult)} has no option '{word}'.{NearestName.Question(word.Split('=')[0], known)}";
    }

    /// <summary>What is wrong.</summary>
    public static string Describe(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string[] commands = [.. command.Subcommands.Select(sub => sub.Name)];
        if (commands.Length > 0)
        {
            string list = string.Join(", ", commands);
            return parse.UnmatchedTokens.Count > 0
                ? $"There is no command '{parse.UnmatchedTokens[0]}'.{NearestName.Question(parse.UnmatchedTokens[0], commands)} "
                    + $"The commands are: {list}."
                : $"{Words(parse.CommandResult)} needs one of its commands: {list}.";
        }
        // A word too many makes the parser complain of every word behind it too.
        if (parse.UnmatchedTokens.Count > 0) return $"{Words(parse.CommandResult)} does not take '{parse.UnmatchedTokens[0]}'.";
        string message = string.Join(" ", parse.Errors.Select(error => error.Message.ReplaceLineEndings(" ")).Distinct());
        IEnumerable<string> missing = parse.Errors.Select(error => error.SymbolResult).OfType<ArgumentResult>()
            .Where(argument => argument.Tokens.Count == 0)
            .Select(argument => $"{argument.Argument.Name}: {argument.Argument.Description}.");
        return string.Join(" ", [message, .. missing]);
    }

    /// <summary>The words of a command behind the program's name, which stands before every error anyway.</summary>
    private static string Words(CommandResult result) => Path(result) is var path && path.IndexOf(' ') is > 0 and var space
        ? path[(space + 1)..]
        : path;

    /// <summary>The words that call a command.</summary>
    public static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "fovea";
}
