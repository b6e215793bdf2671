using Fovea.Compute;
using Fovea.Compute.Compiler;
using Fovea.Compute.Dialect;
using Fovea.Compute.OpenCl;

namespace Fovea.Tests.ComputeTests;

/// <summary>The first OpenCL device. Without one, tests are skipped with the reason, and fail in continuous integration.</summary>
internal static class OpenClFixture
{
    public static OpenClDevice Device()
    {
        OpenClPlatforms found = OpenClPlatforms.Discover();
        if (found.Devices.Count > 0) return found.Devices[0];
        string reason = string.Join(" ", found.Problems);
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        else Assert.Ignore(reason);
        throw new InvalidOperationException(reason);
    }

    public static OpenClAccelerator Open(IKernelCompiler? compiler = null, KernelCache? cache = null, long limit = long.MaxValue) =>
        new(Device(), compiler ?? new TextCompiler(), cache ?? new KernelCache(null), limit);
}

/// <summary>Gives kernels hand-written text, so that the driver is tested apart from the compiler.</summary>
internal sealed class TextCompiler : IKernelCompiler
{
    public int Version { get; init; } = 1;

    public int Compilations { get; private set; }

    /// <summary>Takes the place of a kernel's text.</summary>
    public string? Text { get; init; }

    public CompiledKernel Compile(KernelSource source, OpenClTarget target)
    {
        Compilations++;
        (string text, KernelParameter[] parameters) = Texts.Of(source);
        text = Text ?? text;
        string?[] lines = [.. text.Split('\n').Select((_, i) => i == 0 ? null : $"Kernels.cs:{100 + i}")];
        return new(source.Method.Name, text, source.GroupSize, 0, parameters, lines);
    }
}

internal struct Affine
{
    public byte Unused;
    public double Factor;
    public int Term;
}

/// <summary>Kernels whose bodies do not matter.</summary>
internal static class Texts
{
    private static readonly KernelParameter[] Views =
    [
        new(KernelParameterKind.Buffer, 0, 0, default), new(KernelParameterKind.Offset, 0, 0, default), new(KernelParameterKind.Length, 0, 0, default),
        new(KernelParameterKind.Buffer, 1, 0, default), new(KernelParameterKind.Offset, 1, 0, default),
    ];

    [Kernel(GroupSize = 64)]
    public static void Add(ArrayView<float> x, ArrayView<float> y) => Group.Barrier();

    [Kernel(GroupSize = 64)]
    public static void Scale(ArrayView<float> x, ArrayView<float> y, Affine map, int shift) => Group.Barrier();

    [Kernel(GroupSize = 0)]
    public static void Where(ArrayView<int> x, [Constant] int origin) => Group.Barrier();

    [Kernel(GroupSize = 1)]
    public static void Spin(ArrayView<int> x, int turns) => Group.Barrier();

    public static (string Text, KernelParameter[] Parameters) Of(KernelSource source) => source.Method.Name switch
    {
        nameof(Add) => ("""
            __kernel void Add(__global char* xb, ulong xo, int xn, __global char* yb, ulong yo) {
                __global float* x = (__global float*)(xb + xo);
                __global float* y = (__global float*)(yb + yo);
                int i = get_global_id(0);
                if (i < xn) y[i] += x[i];
            }
            """, Views),
        nameof(Scale) => ("""
            #pragma OPENCL EXTENSION cl_khr_fp64 : enable
            __kernel void Scale(__global char* xb, ulong xo, int xn, __global char* yb, ulong yo, int term, double factor, int shift) {
                __global float* x = (__global float*)(xb + xo);
                __global float* y = (__global float*)(yb + yo);
                int i = get_global_id(0);
                if (i < xn) y[i] = (float)(factor * x[i]) + term + shift;
            }
            """, [.. Views, new(KernelParameterKind.Scalar, 2, 16, ScalarType.Int32), new(KernelParameterKind.Scalar, 2, 8, ScalarType.Float64),
                new(KernelParameterKind.Scalar, 3, 0, ScalarType.Int32)]),
        nameof(Where) => ($$"""
            __kernel void Where(__global int* x) {
                int width = get_global_size(0), height = get_global_size(1);
                int i = (get_global_id(2) * height + get_global_id(1)) * width + get_global_id(0);
                x[i] = {{source.Constants[0]}} + 100 * get_group_id(0) + 10 * get_group_id(1) + get_group_id(2);
            }
            """, [new(KernelParameterKind.Buffer, 0, 0, default)]),
        nameof(Spin) => ("""
            __kernel void Spin(__global int* x, int turns) {
                int v = x[0];
                for (int i = 0; i < turns; i++) v = v * 1664525 + 1013904223 + (v >> 7);
                x[0] = v;
            }
            """, [new(KernelParameterKind.Buffer, 0, 0, default), new(KernelParameterKind.Scalar, 1, 0, ScalarType.Int32)]),
        _ => throw new ArgumentException(source.Name),
    };
}
