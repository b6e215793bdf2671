using System.Text.Json;
using Fovea.Cli.Output;
using Fovea.Core;
using Fovea.Diagnostics;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>The arguments contradict one another or what is on the disk.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>How the command ends, and the one place where failures become exit codes.</summary>
internal static class ExitCodes
{
    public const int Done = 0, Failed = 1, Usage = 2, Missing = 3, Device = 4, Interrupted = 130;

    /// <summary>Set to 1, it adds the stack trace to an error.</summary>
    public const string TraceVariable = "FOVEA_TRACE";

    /// <summary>Writes one line about a failure and gives its exit code.</summary>
    public static int Report(Exception failure, Host host)
    {
        int code = failure switch
        {
            OperationCanceledException => Interrupted,
            TrainingDivergedException => Failed,
            UsageException => Usage,
            DeviceException or DeviceFailureException or NotSupportedException or OutOfMemoryException => Device,
            IOException or UnauthorizedAccessException or InvalidDataException or JsonException => Missing,
            ArgumentException or FormatException => Usage,
            _ => Failed,
        };
        host.Complain($"fovea: {Describe(failure)}");
        if (code is Device or Failed) ErrorJournal.Add(failure);
        if (Environment.GetEnvironmentVariable(TraceVariable) == "1") host.Error.WriteLine(failure);
        return code;
    }

    /// <summary>A failure in one line for users.</summary>
    public static string Describe(Exception failure)
    {
        string message = failure switch
        {
            OperationCanceledException => "interrupted",
            OutOfMemoryException => "there is not enough memory; try a smaller --batch-size or a smaller --input",
            // The runtime appends the parameter's name, which means nothing to a user.
            ArgumentException { ParamName: { } name } => failure.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
            _ => failure.Message,
        };
        return message.ReplaceLineEndings(" ");
    }
}
