using Fovea.Graph;
using Fovea.Graph.Ops;

namespace Fovea.Backends.Convolutions;

/// <summary>One pass of a convolution as a graph has it.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Inputs">What it reads: in this order the operands of the pass, and maybe a bias.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Pass">What is computed.</param>
internal sealed record ConvProblem(Op Op, IReadOnlyList<TensorSpec> Inputs, ConvolutionShape Shape, ConvPass Pass)
{
    /// <summary>Whether a bias is added.</summary>
    public bool HasBias => Inputs.Count > 2;

    /// <summary>Whether negative results become 0.</summary>
    public bool Relu => Op is Conv2d { Activation: Activation.Relu };

    /// <summary>The convolution that an operation is; null if it is none.</summary>
    public static ConvProblem? Of(Op op, IReadOnlyList<TensorSpec> inputs) => op switch
    {
        Conv2d conv => new(op, inputs, conv.Geometry.Shape(inputs[0].Shape, inputs[1].Shape), ConvPass.Forward),
        Conv2dInputGradient conv => new(op, inputs, conv.Geometry.Shape(conv.Input, inputs[1].Shape), ConvPass.InputGradient),
        Conv2dWeightGradient conv => new(op, inputs, conv.Geometry.Shape(inputs[0].Shape, conv.Weights), ConvPass.WeightGradient),
        _ => null,
    };

    /// <summary>A pass on its own, without bias or activation.</summary>
    public static ConvProblem Of(ConvolutionShape s, ConvPass pass)
    {
        var geometry = new ConvGeometry(new WindowGeometry(s.StrideH, s.StrideW, s.PadTop, s.PadLeft, s.PadBottom, s.PadRight, s.DilationH, s.DilationW), s.Groups);
        var input = new Shape(s.N, s.H, s.W, s.C);
        var weights = new Shape(s.K, s.R, s.S, s.GroupC);
        // Checks that the sizes fit before any of the output's are derived from them.
        geometry.Shape(input, weights);
        TensorSpec output = new(new Shape(s.N, s.P, s.Q, s.K));
        return pass switch
        {
            ConvPass.Forward => new(new Conv2d(geometry), [new(input), new(weights)], s, pass),
            ConvPass.InputGradient => new(new Conv2dInputGradient(geometry, input), [output, new(weights)], s, pass),
            _ => new(new Conv2dWeightGradient(geometry, weights), [new(input), output], s, pass),
        };
    }
}

/// <summary>A way of computing convolutions on one device.</summary>
/// <param name="Algorithm">Its name.</param>
/// <param name="Supports">What it can do: everything else is left to others.</param>
/// <param name="Create">Prepares a problem that it supports. The step states the scratch memory it needs.</param>
internal sealed record ConvMethod(ConvAlgorithm Algorithm, Func<ConvolutionShape, ConvPass, bool> Supports, Func<ConvProblem, IStep> Create);

/// <summary>A backend with several ways of computing convolutions.</summary>
internal interface IConvolves
{
    /// <summary>Chooses among them.</summary>
    ConvChooser Convolutions { get; }
}
