using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Core.Tuning;

/// <summary>One pass of a convolution as a graph has it.</summary>
/// <param name="Op">The operation.</param>
/// <param name="Inputs">What it reads: in this order the operands of the pass, and maybe a bias.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Pass">What is computed.</param>
internal sealed record ConvolutionProblem(Op Op, IReadOnlyList<TensorSpec> Inputs, ConvolutionShape Shape, ConvolutionPass Pass)
{
    /// <summary>Whether a bias is added.</summary>
    public bool HasBias => Inputs.Count > 2;

    /// <summary>Whether negative results become 0.</summary>
    public bool Relu => Op is ConvolutionOp { Activation: Activation.Relu };

    /// <summary>The convolution that an operation is; null if it is none.</summary>
    public static ConvolutionProblem? Of(Op op, IReadOnlyList<TensorSpec> inputs) => op switch
    {
        ConvolutionOp conv => new(op, inputs, conv.Geometry.Shape(inputs[0].Shape, inputs[1].Shape), ConvolutionPass.Forward),
        ConvolutionInputGradientOp conv => new(op, inputs, conv.Geometry.Shape(conv.Input, inputs[1].Shape), ConvolutionPass.InputGradient),
        ConvolutionWeightGradientOp conv =>
            new(op, inputs, conv.Geometry.Shape(inputs[0].Shape, conv.Weights), ConvolutionPass.WeightGradient),
        _ => null,
    };

    /// <summary>A pass on its own, without bias or activation.</summary>
    public static ConvolutionProblem Of(ConvolutionShape s, ConvolutionPass pass)
    {
        var geometry = new ConvolutionGeometry(s.Window, s.Groups);
        var input = new Shape(s.N, s.H, s.W, s.C);
        var weights = new Shape(s.K, s.R, s.S, s.GroupC);
        // Checks that the sizes fit before any of the output's are derived from them, and keeps what is never used small.
        s = geometry.Shape(input, weights);
        TensorSpec output = new(new Shape(s.N, s.P, s.Q, s.K));
        return pass switch
        {
            ConvolutionPass.Forward => new(new ConvolutionOp(geometry), [new(input), new(weights)], s, pass),
            ConvolutionPass.InputGradient => new(new ConvolutionInputGradientOp(geometry, input), [output, new(weights)], s, pass),
            _ => new(new ConvolutionWeightGradientOp(geometry, weights), [new(input), output], s, pass),
        };
    }
}

/// <summary>A way of computing convolutions on one device.</summary>
/// <param name="Algorithm">Its name.</param>
/// <param name="Supports">What it can do: everything else is left to others.</param>
/// <param name="Create">Prepares a problem that it supports. The step states the scratch memory it needs.</param>
internal sealed record ConvolutionMethod(
    ConvolutionAlgorithm Algorithm, Func<ConvolutionShape, ConvolutionPass, bool> Supports, Func<ConvolutionProblem, IStep> Create);

/// <summary>A backend whose convolutions can be measured one by one.</summary>
internal interface IConvolutionBackend : IBackend
{
    /// <summary>Chooses among them.</summary>
    ConvolutionChooser Convolutions { get; }
}
