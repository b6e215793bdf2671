using Fovea.Ops;

namespace Fovea.Gpu.Convolution.Winograd;

/// <summary>
/// The transforms of F(2×2, 3×3) and F(4×4, 3×3) as kernels with a thread for each tile or filter and channel. Frequencies are
/// matrices of tiles or filters times channels, one after the other; between the transforms one product is made for each.
/// </summary>
public static class WinogradKernels
{
    /// <summary>Parts of the input to frequencies: images, frequencies, tiles · channels, <see cref="TileSizes"/>.</summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static Delegate FromInput(int outputs) =>
        outputs == 2 ? TileTransforms.FromImages<Input2x2> : TileTransforms.FromImages<Input4x4>;

    /// <summary>Tiles of the output's gradient to frequencies, as <see cref="FromInput"/>.</summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static Delegate FromOutputGradient(int outputs) =>
        outputs == 2 ? TileTransforms.FromImages<OutputGradient2x2> : TileTransforms.FromImages<OutputGradient4x4>;

    /// <summary>
    /// Frequencies to tiles of the output: frequencies, bias, images, tiles · channels, <see cref="TileSizes"/>; the options of a product.
    /// </summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static Delegate ToOutput(int outputs) =>
        outputs == 2 ? TileTransforms.ToImages<Output2x2> : TileTransforms.ToImages<Output4x4>;

    /// <summary>
    /// Filters to frequencies: weights, frequencies, filters · channels, channels, 1 to turn them by half a circle, else 0.
    /// </summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static Delegate FromFilters(int outputs) =>
        outputs == 2 ? TileTransforms.FromFilters<Filter2x2> : TileTransforms.FromFilters<Filter4x4>;

    /// <summary>
    /// Frequencies to the gradient of filters: frequencies in parts that are added, weights, filters · channels, channels, parts.
    /// </summary>
    /// <param name="outputs">Height and width of a tile of the output: 2 or 4.</param>
    public static Delegate ToFilterGradient(int outputs) =>
        outputs == 2 ? TileTransforms.ToFilters<FilterGradient2x2> : TileTransforms.ToFilters<FilterGradient4x4>;
}
