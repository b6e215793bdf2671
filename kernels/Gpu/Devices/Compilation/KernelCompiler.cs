using System.Collections.Concurrent;
using System.Reflection;
using Fovea.Execution;
using Fovea.Gpu.Devices.Operations;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.IR;
using ILGPU.Runtime;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>What kernels are compiled to.</summary>
internal enum KernelTarget
{
    /// <summary>PTX.</summary>
    Ptx,

    /// <summary>OpenCL C.</summary>
    OpenCl,

    /// <summary>Calls of the .NET methods.</summary>
    Debug,
}

/// <summary>
/// Compiles kernels for one device. Each is compiled in an ILGPU context of its own, which takes milliseconds: contexts compile one
/// kernel after the other, and one whose compilation has failed is of no use any more.
/// </summary>
/// <param name="backend">Makes a backend for a context.</param>
/// <param name="target">What the backend writes.</param>
/// <param name="device">The number that exceptions of its kernels are reported under, with <see cref="KernelTarget.Debug"/>.</param>
internal sealed class KernelCompiler(Func<Context, Backend> backend, KernelTarget target, int device = 0) : IDisposable
{
    // Threads that a multiprocessor must have room for, which bounds a thread's registers: two groups of 256 hide each other's waits and
    // have 128 registers each. Smaller groups fetch more a thread, and get more registers for it.
    private const int LargeGroup = 256, ResidentThreads = 512, ResidentSmallThreads = 384;

    // What the debugger runs is code of its context.
    private readonly ConcurrentBag<Context> kept = [];

    /// <summary>Makes the builder of a context for kernels: level O1, and the operations of this room.</summary>
    public static Context CreateContext(Action<Context.Builder>? configure = null) => Context.Create(builder =>
    {
        builder.Optimize(OptimizationLevel.O1);
        DeviceOperations.Register(builder);
        configure?.Invoke(builder);
    });

    /// <summary>Compiles a kernel. Many threads may call it.</summary>
    /// <param name="source">The kernel.</param>
    /// <param name="inspect">With <see cref="KernelTarget.Debug"/>: is given the method that runs it, and ILGPU's translation.</param>
    /// <exception cref="KernelCompilationException">ILGPU refuses it.</exception>
    public CompiledKernel Compile(KernelSource source, Action<MethodInfo, Method>? inspect = null)
    {
        Context context = CreateContext();
        if (target == KernelTarget.Debug) kept.Add(context);
        try
        {
            return StableNames.Apply(Compile(source, backend(context), inspect));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new KernelCompilationException($"The kernel {source.Name} cannot be compiled: {Reason(exception)}", exception);
        }
        finally
        {
            if (target != KernelTarget.Debug) context.Dispose();
        }
    }

    private CompiledKernel Compile(KernelSource source, Backend backend, Action<MethodInfo, Method>? inspect)
    {
        int threads = (int)source.GroupSize.Count;
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(EntryPoints.Of(source));
        if (target != KernelTarget.Debug)
        {
            var specialization =
                new KernelSpecialization(threads, Math.Max(1, (threads < LargeGroup ? ResidentSmallThreads : ResidentThreads) / threads));
            return backend.Compile(entry, specialization, new KernelPasses(fixComparisons: target == KernelTarget.OpenCl));
        }
        // The backend calls the entry point as it is. The guarded one has a handler, which ILGPU does not translate; so it is given
        // the translation of the other one, of which it needs only how much memory groups share.
        MethodInfo guarded = EntryPoints.Guarded(source, device);
        Method translated = backend.PreCompileKernelMethod(entry);
        inspect?.Invoke(guarded, translated);
        return backend.Compile(
            translated, EntryPointDescription.FromExplicitlyGroupedKernel(guarded), new KernelSpecialization(threads, null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (kept.TryTake(out Context? context)) context.Dispose();
    }

    /// <summary>What an exception of ILGPU says; it wraps what it found once for every method on the way.</summary>
    public static string Reason(Exception exception)
    {
        var words = new List<string>();
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (!words.Contains(inner.Message)) words.Add(inner.Message);
        }
        return string.Join(" ", words);
    }
}
