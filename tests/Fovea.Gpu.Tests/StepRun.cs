using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Core.Random;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Gpu.Convolution;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Float64;

namespace Fovea.Gpu.Tests;

/// <summary>Runs the steps of products and convolutions on their own and compares them with float64 arithmetic.</summary>
internal static class StepRun
{
    private static readonly ConcurrentDictionary<string, object> Debugged = new();

    /// <summary>A device whose products all use a tile, and divide their sums into some parts.</summary>
    public static GpuContext Context(KernelDevice device, TileInfo? tile = null, int parts = 0) =>
        new(device) { Tiles = new(device.Info) { Only = tile, Parts = parts }, Tuner = null };

    public static float[] Normals(long count, ulong stream)
    {
        var random = new RandomStream(7, stream);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan()) value = random.NextNormal();
        return values;
    }

    /// <summary>Runs an operation on random numbers and checks its result; gives the result.</summary>
    public static float[] Check(GpuContext context, Op op, params TensorSpec[] inputs) =>
        Check(context, ConvolutionAlgorithm.ImplicitGemm, op, inputs);

    /// <summary>Runs an operation on random numbers, a convolution by an algorithm, and checks its result; gives the result.</summary>
    public static float[] Check(GpuContext context, ConvolutionAlgorithm algorithm, Op op, params TensorSpec[] inputs)
    {
        float[][] values = [.. inputs.Select((input, i) => Normals(input.Shape.Count, (ulong)i))];
        float[] actual = Run(context, op, inputs, values, algorithm);
        (double[] expected, double[] magnitudes, int terms) = Reference(op, inputs, values);
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        Settings.AssertClose(actual, expected, magnitudes, terms, $"{op} of {string.Join(", ", inputs.AsEnumerable())}");
        return actual;
    }

    public static float[] Run(GpuContext context, Op op, TensorSpec[] inputs, float[][] values,
        ConvolutionAlgorithm algorithm = ConvolutionAlgorithm.ImplicitGemm) => Run(context, op switch
        {
            MatrixProductOp product => new MatrixProductStep(product, inputs, context),
            ConvolutionOp or ConvolutionInputGradientOp or ConvolutionWeightGradientOp => Convolution(context, algorithm, op, inputs),
            _ => throw new NotSupportedException(op.Name),
        }, op, inputs, values);

    private static IStep Convolution(GpuContext context, ConvolutionAlgorithm algorithm, Op op, TensorSpec[] inputs) =>
        ConvolutionAlgorithms.On(context).Single(method => method.Algorithm == algorithm).Create(ConvolutionProblem.Of(op, inputs)!);

    /// <summary>Runs an operation's step on some numbers.</summary>
    public static float[] Run(GpuContext context, IStep step, Op op, TensorSpec[] inputs, float[][] values)
    {
        KernelDevice device = context.Device;
        BufferView[] views = [.. values.Select(Upload)];
        float[] result = new float[op.Infer(inputs)[0].Shape.Count];
        BufferView output = View(device.Allocate(result.Length * sizeof(float))), workspace = View(device.Allocate(step.WorkspaceBytes));
        var buffers = new StepBuffers(views, [output], workspace);
        // What lies in results and scratch memory must not matter: the emulator tells whoever reads it, on the others it is no number.
        if (device.Info.Name != EmulatedDevice.Name)
        {
            foreach (BufferView view in (BufferView[])[output, workspace]) FillWithNaN(view);
        }
        step.Run(buffers);
        if (device.Info.Name.StartsWith("opencl", StringComparison.Ordinal))
        {
            step.Run(buffers);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            step.Run(buffers);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - allocated, Is.Zero, "running allocates");
        }
        device.Read(output.Buffer!, 0, MemoryMarshal.AsBytes(result.AsSpan()));
        foreach (BufferView view in views.Append(output).Append(workspace)) view.Buffer!.Dispose();
        return result;

        BufferView Upload(float[] data)
        {
            DeviceBuffer buffer = device.Allocate(data.Length * sizeof(float));
            device.Write(buffer, 0, MemoryMarshal.AsBytes(data.AsSpan()));
            return View(buffer);
        }

        void FillWithNaN(BufferView view)
        {
            byte[] bytes = new byte[view.Bytes];
            bytes.AsSpan().Fill(0xFF);
            device.Write(view.Buffer!, view.Offset, bytes);
        }
    }

    /// <summary>
    /// What a test gives on the debugging device. Fixtures of several devices compare with it, and it is slow, so it runs once for all.
    /// </summary>
    /// <param name="key">What the result depends on, beside the test and its arguments.</param>
    /// <param name="run">Runs it.</param>
    public static T OnDebug<T>(string key, Func<KernelDevice, T> run)
        where T : class
    {
        TestContext.TestAdapter test = TestContext.CurrentContext.Test;
        return (T)Debugged.GetOrAdd($"{test.Type}.{test.MethodName}({string.Join(", ", test.Arguments)}) {key}", _ =>
        {
            using WatchedDevice debug = TestDevices.Share(GpuDevices.Debug);
            return run(debug);
        });
    }

    private static BufferView View(DeviceBuffer buffer) => new(buffer, 0, buffer.Length);

    /// <summary>The values, the sums of the terms' magnitudes, and how many terms a sum has at most.</summary>
    public static (double[] Expected, double[] Magnitudes, int Terms) Reference(Op op, TensorSpec[] inputs, float[][] values)
    {
        double[][] x = [.. values.Select(data => Array.ConvertAll(data, value => (double)value))],
            positive = [.. x.Select(data => Array.ConvertAll(data, Math.Abs))];
        switch (op)
        {
            case MatrixProductOp product:
                (int Batch, int Rows, int Columns, int Depth) sizes = product.Sizes(inputs);
                return (Float64Products.MatMul(product, x, sizes), Float64Products.MatMul(product, positive, sizes), sizes.Depth + 1);
            case ConvolutionOp convolution:
                ConvolutionShape forward = convolution.Geometry.Shape(inputs[0].Shape, inputs[1].Shape);
                return (Float64Products.Convolution(convolution, x, forward), Float64Products.Convolution(convolution, positive, forward),
                    forward.FilterSize + 1);
            case ConvolutionInputGradientOp gradient:
                ConvolutionShape backward = gradient.Geometry.Shape(gradient.Input, inputs[1].Shape);
                return (Float64Products.InputGradient(x, backward), Float64Products.InputGradient(positive, backward),
                    backward.R * backward.S * backward.GroupK);
            case ConvolutionWeightGradientOp gradient:
                ConvolutionShape filters = gradient.Geometry.Shape(inputs[0].Shape, gradient.Weights);
                return (Float64Products.WeightGradient(x, filters), Float64Products.WeightGradient(positive, filters),
                    filters.N * filters.P * filters.Q);
            default:
                throw new NotSupportedException(op.Name);
        }
    }
}
