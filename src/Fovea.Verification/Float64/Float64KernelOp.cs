using System.Runtime.InteropServices;
using Fovea.Cpu;
using Fovea.Execution;
using Fovea.Graph;

namespace Fovea.Verification.Float64;

/// <summary>Operations of a host application's own: their method for the CPU is the only definition, in single precision.</summary>
internal static unsafe class Float64KernelOp
{
    /// <exception cref="NotSupportedException">The operation has no method for the CPU.</exception>
    public static void Compute(KernelOp op, Node node, double[][] inputs, Dictionary<Value, double[]> values)
    {
        Action<CpuTensors> compute = op.OnCpu
            ?? throw new NotSupportedException($"The float64 interpreter does not have {op.Name}, which has no method for the CPU.");
        Tensor[] x = [.. node.Inputs.Select(input => new Tensor(input.Shape))];
        Tensor[] y = [.. node.Outputs.Select(output => new Tensor(output.Shape))];
        for (int i = 0; i < x.Length; i++) Write(node.Inputs[i].Spec.DType, inputs[i], x[i].Span);
        TensorSpec[] inputSpecs = [.. node.Inputs.Select(input => input.Spec)];
        TensorSpec[] outputSpecs = [.. node.Outputs.Select(output => output.Spec)];
        compute(new CpuTensors(op.Name, inputSpecs, outputSpecs, new StepBuffers([.. x.Select(View)], [.. y.Select(View)], default)));
        for (int i = 0; i < y.Length; i++) values[node.Outputs[i]] = Read(node.Outputs[i].Spec.DType, y[i].Span);
        GC.KeepAlive(x);
    }

    private static BufferView View(Tensor tensor) => new(null, (long)tensor.Pointer, tensor.Shape.Count * sizeof(float));

    private static void Write(DType dtype, double[] from, Span<float> to)
    {
        Span<int> integers = MemoryMarshal.Cast<float, int>(to);
        for (int i = 0; i < from.Length; i++)
        {
            if (dtype == DType.Int32) integers[i] = (int)from[i];
            else to[i] = (float)from[i];
        }
    }

    private static double[] Read(DType dtype, ReadOnlySpan<float> from)
    {
        ReadOnlySpan<int> integers = MemoryMarshal.Cast<float, int>(from);
        double[] to = new double[from.Length];
        for (int i = 0; i < to.Length; i++) to[i] = dtype == DType.Int32 ? integers[i] : from[i];
        return to;
    }
}
