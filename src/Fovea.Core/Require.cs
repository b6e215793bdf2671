using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Fovea.Core;

/// <summary>Checks of numbers that callers give, with messages that say which number, what it is and what it may be.</summary>
internal static class Require
{
    /// <summary>Checks that a whole number is 1 or more.</summary>
    /// <param name="value">The number.</param>
    /// <param name="what">What a user calls it, such as <c>TrainerOptions.Epochs</c>.</param>
    /// <param name="parameter">The parameter; filled in by the compiler.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public static void Positive<T>(T value, string what, [CallerArgumentExpression(nameof(value))] string parameter = "")
        where T : IBinaryInteger<T> => AtLeast(value, T.One, what, parameter);

    /// <summary>Checks that a number is not negative, and is one.</summary>
    /// <inheritdoc cref="Positive"/>
    public static void NotNegative<T>(T value, string what, [CallerArgumentExpression(nameof(value))] string parameter = "")
        where T : INumber<T> => AtLeast(value, T.Zero, what, parameter);

    private static void AtLeast<T>(T value, T least, string what, string parameter)
        where T : INumber<T>
    {
        if (value >= least) return;
        throw new ArgumentOutOfRangeException(
            parameter, string.Create(CultureInfo.InvariantCulture, $"{what} is {value}. Give {least} or more."));
    }
}
