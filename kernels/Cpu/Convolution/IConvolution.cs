namespace Fovea.Cpu.Convolution;

/// <summary>A way of computing a convolution's output, prepared for one shape. It serves one caller at a time.</summary>
internal unsafe interface IForwardConvolution
{
    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    long WorkspaceBytes { get; }

    /// <summary>The memory of transformed filters in bytes; 0 if there is no such form.</summary>
    long PreparedBytes => 0;

    /// <summary>Computes output = input ∗ weights + bias. Allocates nothing.</summary>
    /// <param name="input">N×H×W×C.</param>
    /// <param name="weights">K×R×S×(C/groups).</param>
    /// <param name="bias">K values, or null.</param>
    /// <param name="output">N×P×Q×K; overwritten.</param>
    /// <param name="clampNegative">Whether negative results become 0 (ReLU).</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    void Run(float* input, float* weights, float* bias, float* output, bool clampNegative, float* workspace);

    /// <summary>Transforms filters once for many runs.</summary>
    /// <param name="weights">K×R×S×(C/groups).</param>
    /// <param name="prepared"><see cref="PreparedBytes"/> bytes on a 64-byte boundary; overwritten.</param>
    void PrepareWeights(float* weights, float* prepared) => throw new NotSupportedException("The algorithm uses filters as they are.");

    /// <summary>Computes as <see cref="Run"/> does, from filters that were transformed before.</summary>
    void RunPrepared(float* input, float* prepared, float* bias, float* output, bool clampNegative, float* workspace) =>
        throw new NotSupportedException("The algorithm uses filters as they are.");
}

/// <summary>A way of computing one of a convolution's gradients, prepared for one shape. It serves one caller at a time.</summary>
internal unsafe interface IConvolutionGradient
{
    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    long WorkspaceBytes { get; }

    /// <summary>Computes a gradient. Allocates nothing.</summary>
    /// <param name="left">For the gradient of the input that of the output, N×P×Q×K; for that of the filters the input, N×H×W×C.</param>
    /// <param name="right">For the gradient of the input the filters, K×R×S×(C/groups); for that of the filters that of the output,
    /// N×P×Q×K.</param>
    /// <param name="gradient">The result; overwritten.</param>
    /// <param name="workspace">At least <see cref="WorkspaceBytes"/> bytes on a 64-byte boundary.</param>
    void Run(float* left, float* right, float* gradient, float* workspace);
}
