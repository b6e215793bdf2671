namespace Fovea.Data;

/// <summary>The files of a data set are in none of the folders looked in; the message says which, and how to get them.</summary>
/// <param name="message">The message.</param>
public sealed class DatasetNotFoundException(string message) : IOException(message);

/// <summary>There is no data set of a name; the message lists those that there are.</summary>
public sealed class UnknownDatasetException : ArgumentException
{
    internal UnknownDatasetException(string name, IReadOnlyList<string> known)
        : base(Describe(name, known, ClosestTo(name, known))) => Closest = ClosestTo(name, known);

    /// <summary>The known name that was probably meant, if one is near.</summary>
    public string? Closest { get; }

    private static string Describe(string name, IReadOnlyList<string> known, string? closest)
    {
        string guess = closest is null ? "" : $" Did you mean {closest}?";
        return $"There is no data set '{name}'.{guess} Known are {string.Join(", ", known)}; or give a folder.";
    }

    private static string? ClosestTo(string name, IReadOnlyList<string> known)
    {
        string? closest = known.MinBy(candidate => Distance(name, candidate));
        // Beyond two swapped letters, or a third of all, a resemblance is chance.
        return closest is not null && Distance(name, closest) <= Math.Max(2, closest.Length / 3) ? closest : null;
    }

    /// <summary>How many letters must be inserted, removed or replaced to make one word the other (Levenshtein 1966).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
