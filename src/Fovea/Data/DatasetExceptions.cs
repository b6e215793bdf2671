using Fovea.Diagnostics;

namespace Fovea.Data;

/// <summary>The files of a data set are in none of the folders looked in; the message says which, and how to get them.</summary>
/// <param name="message">The message.</param>
public sealed class DatasetNotFoundException(string message) : IOException(message);

/// <summary>There is no data set of a name; the message lists those that there are.</summary>
public sealed class UnknownDatasetException : ArgumentException
{
    internal UnknownDatasetException(string name, IReadOnlyList<string> known, bool orFolder)
        : base(Describe(name, known, orFolder)) => Closest = NearestName.Of(name, known);

    /// <summary>The known name that was probably meant, if one is near.</summary>
    public string? Closest { get; }

    private static string Describe(string name, IReadOnlyList<string> known, bool orFolder)
    {
        string names = string.Join(", ", known);
        string end = orFolder ? "; or give a folder." : ".";
        return $"There is no data set '{name}'.{NearestName.Question(name, known)} Known are {names}{end}";
    }
}
