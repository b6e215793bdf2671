namespace Fovea.Diagnostics;

/// <summary>Finds the name that was probably meant by one that is not known.</summary>
internal static class NearestName
{
    /// <summary>The known name that is nearest, if it is near enough to be no accident.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        string? closest = known.MinBy(candidate => Distance(name, candidate));
        // Beyond two swapped letters, or a third of all, a resemblance is chance; of a short word it is even one letter.
        if (closest is null) return null;
        return Distance(name, closest) <= Math.Max(Math.Min(2, closest.Length / 2), closest.Length / 3) ? closest : null;
    }

    /// <summary>A question that names the nearest, with a space before it; empty if none is near.</summary>
    public static string Question(string name, IEnumerable<string> known) =>
        Of(name, known) is { } closest ? $" Did you mean {closest}?" : "";

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
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
