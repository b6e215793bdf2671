namespace Fovea.Ops;

/// <summary>
/// Two sizes of a window, one along each axis of an image: of a kernel, a stride, a padding or a dilation. An <see cref="int"/> stands for
/// two equal sizes and a tuple for height and width, so that a layer takes <c>kernel: 3</c> and <c>kernel: (1, 7)</c> alike.
/// </summary>
/// <param name="Height">The size along the height, in pixels.</param>
/// <param name="Width">The size along the width, in pixels.</param>
public readonly record struct Size2d(int Height, int Width)
{
    /// <summary>The same size along both axes.</summary>
    public static implicit operator Size2d(int size) => new(size, size);

    /// <summary>Height and width.</summary>
    public static implicit operator Size2d((int Height, int Width) sizes) => new(sizes.Height, sizes.Width);

    /// <summary>Height×width, such as <c>1×7</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Height}×{Width}");
}
