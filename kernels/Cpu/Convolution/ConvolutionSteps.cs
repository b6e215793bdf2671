using Fovea.Execution;

namespace Fovea.Cpu.Convolution;

/// <summary>A convolution's output, by whichever algorithm.</summary>
internal sealed unsafe class ForwardConvolutionStep(IForwardConvolution convolution, bool hasBias, bool relu) : IKeepingStep
{
    private float* prepared;

    public long WorkspaceBytes => convolution.WorkspaceBytes;

    public int KeptInput => 1;

    public long KeptBytes => convolution.PreparedBytes;

    public void Keep(StepBuffers buffers, BufferView kept)
    {
        prepared = kept.Pointer();
        convolution.PrepareWeights(buffers.Input(1), prepared);
    }

    public void Run(StepBuffers buffers)
    {
        float* bias = hasBias ? buffers.Input(2) : null;
        if (prepared is not null) convolution.RunPrepared(buffers.Input(0), prepared, bias, buffers.Output(0), relu, buffers.Scratch());
        else convolution.Run(buffers.Input(0), buffers.Input(1), bias, buffers.Output(0), relu, buffers.Scratch());
    }
}

/// <summary>One of a convolution's gradients, by whichever algorithm.</summary>
internal sealed unsafe class ConvolutionGradientStep(IConvolutionGradient gradient) : IStep
{
    public long WorkspaceBytes => gradient.WorkspaceBytes;

    public void Run(StepBuffers buffers) => gradient.Run(buffers.Input(0), buffers.Input(1), buffers.Output(0), buffers.Scratch());
}
