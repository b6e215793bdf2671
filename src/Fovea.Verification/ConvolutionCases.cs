using Fovea.Core.Tuning;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Verification;

/// <summary>Convolutions by every algorithm that a device has: output and gradients.</summary>
internal static class ConvolutionCases
{
    private static readonly (string Name, Shape Input, Shape Filters, ConvolutionGeometry Geometry, bool Bias, bool Relu)[] Convolutions =
    [
        ("odd", new(2, 5, 7, 3), new(5, 3, 3, 3), new(Window.Of(1, 1)), true, true),
        ("even", new(1, 6, 8, 4), new(8, 3, 3, 4), new(Window.Of(1, 1)), false, false),
        ("1×1", new(1, 2, 5, 3), new(4, 1, 1, 3), new(Window.Of(1, 0)), true, true),
        ("huge filter", new(1, 3, 2, 1), new(2, 9, 8, 1), new(new Window { PadTop = 4, PadLeft = 4, PadBottom = 4, PadRight = 3 }), false,
            true),
        ("stride", new(1, 9, 7, 5), new(6, 3, 2, 5), new(new Window { StrideH = 2, StrideW = 3, PadTop = 2, PadBottom = 1, PadRight = 1 }),
            true, true),
        ("in groups", new(2, 6, 7, 6), new(4, 2, 3, 3),
            new(new Window { PadTop = 1, PadLeft = 2, PadRight = 1, DilationH = 2, DilationW = 2 }, Groups: 2), false, true),
        ("depthwise", new(1, 5, 8, 7), new(7, 3, 3, 1), new(Window.Of(1, 1), Groups: 7), true, false),
    ];

    /// <summary>The cases of a device; none if it has but one way.</summary>
    public static IEnumerable<GraphCase> Of(Device device) =>
        from method in (device.Backend as IConvolutionBackend)?.Convolutions.Methods ?? []
        from each in Convolutions
        where Enum.GetValues<ConvolutionPass>().All(pass => method.Supports(each.Geometry.Shape(each.Input, each.Filters), pass))
        select new GraphCase($"conv2d by {method.Algorithm.Name()}, {each.Name}", r =>
        {
            Value y = BuiltInCases.Convolve(r, each.Input, each.Filters, each.Geometry, each.Bias);
            return each.Relu ? y.Relu() : y;
        })
        {
            Algorithm = method.Algorithm,
            // Its matrices' numbers are as large as 8: docs/convolution.md has what that costs.
            Tolerance = method.Algorithm == ConvolutionAlgorithm.Winograd4 ? 1e-4 : 1e-5,
        };
}
