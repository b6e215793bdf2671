using System.Collections.Concurrent;
using Fovea.Gpu.Devices.Operations;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
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
/// Compiles kernels for one device, several at a time. Each works in an ILGPU context of its own, because a context compiles one
/// kernel after the other, and because a failed compilation leaves a context unusable: it is then replaced.
/// </summary>
/// <param name="backend">Makes a backend for a context.</param>
/// <param name="target">What the backend writes.</param>
/// <param name="device">The number that exceptions of its kernels are reported under, with <see cref="KernelTarget.Debug"/>.</param>
internal sealed class KernelCompiler(Func<Context, Backend> backend, KernelTarget target, int device = 0) : IDisposable
{
    // With so few threads on a multiprocessor at least, two groups of 256 hide each other's waits; it leaves 128 registers a thread.
    private const int ResidentThreads = 512;

    private readonly ConcurrentBag<(Context Context, Backend Backend)> idle = [];
    private bool disposed;

    /// <summary>Makes the builder of a context for kernels: level O1, and the operations of this room.</summary>
    public static Context CreateContext(Action<Context.Builder>? configure = null) => Context.Create(builder =>
    {
        builder.Optimize(OptimizationLevel.O1);
        DeviceOperations.Register(builder);
        configure?.Invoke(builder);
    });

    /// <summary>Compiles a kernel. Many threads may call it.</summary>
    /// <exception cref="KernelCompilationException">ILGPU refuses it.</exception>
    public CompiledKernel Compile(KernelSource source)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!idle.TryTake(out (Context Context, Backend Backend) place))
        {
            Context context = CreateContext();
            place = (context, backend(context));
        }
        try
        {
            CompiledKernel kernel = Compile(source, place.Backend);
            idle.Add(place);
            return kernel;
        }
        catch (Exception exception)
        {
            place.Context.Dispose();
            throw new KernelCompilationException($"The kernel {source.Name} cannot be compiled: {Reason(exception)}", exception);
        }
    }

    private CompiledKernel Compile(KernelSource source, Backend backend)
    {
        int threads = (int)source.GroupSize.Count;
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(EntryPoints.Of(source));
        if (target != KernelTarget.Debug)
        {
            var specialization = new KernelSpecialization(threads, Math.Max(1, ResidentThreads / threads));
            return backend.Compile(entry, specialization, new KernelPasses(fixComparisons: target == KernelTarget.OpenCl));
        }
        // The backend calls the entry point as it is. The guarded one has a handler, which ILGPU does not translate; so it is given
        // the translation of the other one, of which it needs only how much memory groups share.
        var guarded = EntryPointDescription.FromExplicitlyGroupedKernel(EntryPoints.Guarded(source, device));
        return backend.Compile(backend.PreCompileKernelMethod(entry), guarded, new KernelSpecialization(threads, null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        while (idle.TryTake(out (Context Context, Backend Backend) place)) place.Context.Dispose();
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
