using Fovea.Ops;

namespace Fovea.Compilation;

/// <summary>How a convolution of an executable is computed.</summary>
/// <param name="Path">The layer.</param>
/// <param name="Pass">What is computed.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Algorithm">How.</param>
public sealed record ConvolutionChoice(string Path, ConvolutionPass Pass, ConvolutionShape Shape, ConvolutionAlgorithm Algorithm);
