using Fovea.Testing;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Fovea.Gpu.Tests;

/// <summary>ILGPU as it comes, without the operations and passes of this engine.</summary>
internal static class StockIlgpu
{
    private static readonly CudaArchitecture Architecture = new(8, 0);

    /// <summary>A context as one makes it by ILGPU's manual.</summary>
    public static Context CreateContext(OptimizationLevel level) => Context.Create(builder => builder.Optimize(level).OpenCL());

    public static PTXBackend PtxBackend(Context context) =>
        new(context, new CudaCapabilityContext(Architecture), Architecture, CudaInstructionSet.ISA_70, null);

    /// <summary>The PTX of a kernel.</summary>
    public static string Ptx(Delegate kernel, OptimizationLevel level)
    {
        using Context context = CreateContext(level);
        using PTXBackend backend = PtxBackend(context);
        return ((PTXCompiledKernel)Compile(backend, kernel)).PTXAssembly;
    }

    public static CompiledKernel Compile(Backend backend, Delegate kernel) =>
        backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), new KernelSpecialization());

    /// <summary>A kernel as OpenCL C, and what one thread of it writes to the second view.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="inputs">The first view.</param>
    /// <param name="results">How long the second view is.</param>
    /// <param name="unroll">Whether ILGPU's pass that unrolls loops, which is switched off, is run.</param>
    public static (string Text, float[] Results) RunOnOpenCl(
        Action<ArrayView<float>, ArrayView<float>> kernel, float[] inputs, int results = 1, bool unroll = false)
    {
        // Skips the test where there is no device.
        TestDevices.Open("opencl").Dispose();
        using Context context = CreateContext(OptimizationLevel.O1);
        using CLAccelerator device = context.GetCLDevice(0).CreateCLAccelerator(context);
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method);
        CompiledKernel compiled = unroll
            ? device.GetBackend().Compile(entry, new KernelSpecialization(), new Unrolling())
            : device.GetBackend().Compile(entry, new KernelSpecialization());
        using Kernel loaded = device.LoadKernel(compiled);
        using MemoryBuffer1D<float, Stride1D.Dense> x = device.Allocate1D(inputs), y = device.Allocate1D(new float[results]);
        loaded.CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>>>()(
            device.DefaultStream, new KernelConfig(1, 1), x.AsArrayView<float>(0, inputs.Length), y.AsArrayView<float>(0, results));
        device.Synchronize();
        return (((CLCompiledKernel)compiled).Source, y.GetAsArray1D());
    }

    private sealed class Unrolling : IBackendHook
    {
        public void InitializedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
            Transformer.Builder passes = Transformer.CreateBuilder(TransformerConfiguration.Empty);
            passes.Add(new LoopUnrolling(64));
            passes.Add(new UnreachableCodeElimination());
            passes.Add(new DeadCodeElimination());
            passes.Add(new SimplifyControlFlow());
            kernelContext.Transform(passes.ToTransformer());
        }

        public void OptimizedKernelContext(IRContext kernelContext, Method kernelMethod)
        {
        }

        public void FinishedCodeGeneration(IRContext context, Method entryPoint)
        {
        }
    }
}
