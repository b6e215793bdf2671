namespace Fovea.Ops;

/// <summary>What one instruction of a <see cref="MapProgram"/> computes.</summary>
public enum MapOpcode
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,

    /// <summary>The larger of a and b; NaN if one is.</summary>
    Max,

    /// <summary>The smaller of a and b; NaN if one is.</summary>
    Min,

    /// <summary>a to the power b.</summary>
    Power,

    /// <summary>−a.</summary>
    Negate,

    /// <summary>|a|.</summary>
    Abs,

    /// <summary>−1, 0 or 1.</summary>
    Sign,

    /// <summary>The square root.</summary>
    Sqrt,

    /// <summary>e to the power a.</summary>
    Exp,

    /// <summary>The natural logarithm.</summary>
    Log,

    /// <summary>The hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + e^−a).</summary>
    Sigmoid,

    /// <summary>b where a is greater than 0, else c, also where a is NaN.</summary>
    SelectPositive,

    /// <summary>e to the power a, less 1; accurate near 0.</summary>
    Expm1,

    /// <summary>The natural logarithm of 1 + a; accurate near 0.</summary>
    Log1p,

    /// <summary>The error function, 2/√π ∫ e^(−t²) dt from 0 to a.</summary>
    Erf,
}

/// <summary>One instruction: operands and result are registers of the program.</summary>
/// <param name="Opcode">What to compute.</param>
/// <param name="Result">The register written.</param>
/// <param name="A">The first operand.</param>
/// <param name="B">The second operand, if the opcode has one.</param>
/// <param name="C">The third operand, if the opcode has one.</param>
public readonly record struct MapInstruction(MapOpcode Opcode, int Result, int A, int B = -1, int C = -1);

/// <summary>How an input of a <see cref="MapProgram"/> is spread over the elements.</summary>
public enum MapInputKind
{
    /// <summary>One value an element.</summary>
    Full,

    /// <summary>One value for all.</summary>
    Scalar,

    /// <summary>A vector that repeats: one value a channel, for instance.</summary>
    Repeating,
}

/// <summary>
/// A straight-line program over elements: registers 0 … inputs − 1 hold the inputs, the next ones the constants, the others what
/// instructions compute.
/// </summary>
/// <param name="Inputs">How each input is spread.</param>
/// <param name="Constants">The values of the registers after the inputs.</param>
/// <param name="Instructions">In the order of their execution; each register is written once.</param>
/// <param name="Outputs">The registers that are results.</param>
public sealed record MapProgram(
    IReadOnlyList<MapInputKind> Inputs, IReadOnlyList<float> Constants, IReadOnlyList<MapInstruction> Instructions,
        IReadOnlyList<int> Outputs);
