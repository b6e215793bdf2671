using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Fovea.Cpu.Convolution;

namespace Fovea.Backends.Cpu;

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

/// <summary>What the maker calls the processor.</summary>
internal static class ProcessorName
{
    public static string Text { get; } = Read();

    private static string Read()
    {
        const int First = unchecked((int)0x80000002);
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < 0x80000004) return RuntimeInformation.ProcessArchitecture.ToString();
        Span<int> letters = stackalloc int[12];
        for (int part = 0; part < 3; part++) (letters[4 * part], letters[(4 * part) + 1], letters[(4 * part) + 2], letters[(4 * part) + 3]) = X86Base.CpuId(First + part, 0);
        return System.Text.Encoding.ASCII.GetString(MemoryMarshal.AsBytes(letters)).TrimEnd('\0').Trim();
    }
}
