namespace Fovea.Files;

/// <summary>The five filters of PNG rows (PNG specification, section 9).</summary>
internal static class PngFilters
{
    public const int Count = 5;

    /// <summary>Undoes a filter in place.</summary>
    /// <param name="filter">The filter type, 0 to 4.</param>
    /// <param name="row">The filtered row, without its filter type.</param>
    /// <param name="above">The row above, of the same length; zeros, or nothing, above the first.</param>
    /// <param name="distance">The bytes of a pixel, at least 1.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        if (filter == 0)
            return;
        if (above.IsEmpty)
        {
            for (int i = 0; i < row.Length; i++) row[i] += Predict(filter, i < distance ? 0 : row[i - distance], 0, 0);
            return;
        }
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < distance ? 0 : row[i - distance], corner = i < distance ? 0 : above[i - distance];
            row[i] += Predict(filter, left, above[i], corner);
        }
    }

    /// <summary>Filters a row and gives the sum of its absolute values, taken as signed: small where it will compress well.</summary>
    public static long Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> filtered, int distance)
    {
        long sum = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i < distance ? 0 : row[i - distance], corner = i < distance ? 0 : above[i - distance];
            filtered[i] = (byte)(row[i] - Predict(filter, left, above[i], corner));
            sum += Math.Abs((int)(sbyte)filtered[i]);
        }
        return sum;
    }

    private static byte Predict(int filter, int left, int up, int corner) => filter switch
    {
        0 => 0,
        1 => (byte)left,
        2 => (byte)up,
        3 => (byte)((left + up) / 2),
        _ => (byte)Paeth(left, up, corner),
    };

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
