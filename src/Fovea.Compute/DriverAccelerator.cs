using Fovea.Compute.Compiler;
using Fovea.Compute.Memory;

namespace Fovea.Compute;

/// <summary>A device behind a driver that compiles text: kernels are kept in memory and on disk, memory is pooled, uploads are staged.</summary>
public abstract class DriverAccelerator : Accelerator
{
    private readonly Lock loadGate = new(), stagingGate = new();
    private readonly Dictionary<KernelIdentity, DriverKernel> kernels = [];
    private readonly KernelCache cache;
    private bool disposed;

    private protected DriverAccelerator(KernelCache? cache) => this.cache = cache ?? KernelCache.FromEnvironment();

    /// <inheritdoc/>
    public override MemoryStatistics Memory => Allocator.Statistics;

    private protected abstract CachingAllocator Allocator { get; }

    private protected abstract StagingRing Staging { get; }

    /// <summary>Device, driver and options: what a compiled kernel depends on.</summary>
    private protected abstract string Identity { get; }

    private protected abstract int CompilerVersion { get; }

    /// <summary>The most threads of a group along each axis.</summary>
    private protected abstract Dim3 MaxGroup { get; }

    /// <summary>Held while kernels are loaded and while the device is disposed.</summary>
    private protected Lock Gate => loadGate;

    private protected bool IsDisposed => disposed;

    /// <inheritdoc/>
    public override DeviceBuffer Allocate(long bytes) => Allocator.Allocate(bytes);

    /// <inheritdoc/>
    /// <exception cref="AcceleratorException">
    /// The kernel's groups or shared memory are larger than the device allows, or the driver's compiler refuses the text; then the message has its log.
    /// </exception>
    public override Kernel Load(KernelSource source)
    {
        var identity = KernelIdentity.Of(source);
        lock (loadGate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!kernels.TryGetValue(identity, out DriverKernel? kernel)) kernels.Add(identity, kernel = Make(source, identity));
            return kernel;
        }
    }

    /// <inheritdoc/>
    public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
    {
        nint buffer = Range(target, offset, source.Length);
        lock (stagingGate) Staging.Write(buffer, offset, source);
        GC.KeepAlive(target);
    }

    /// <summary>The driver's handle of a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer lies on another device.</exception>
    internal nint HandleOf(DeviceBuffer buffer) => buffer is PooledBuffer pooled && pooled.Allocator == Allocator ? pooled.Handle
        : throw new ArgumentException($"The buffer does not lie on this {Info.Name}.", nameof(buffer));

    /// <summary>The driver's handle of a buffer that a range of bytes lies in.</summary>
    private protected nint Range(DeviceBuffer buffer, long offset, long bytes)
    {
        nint handle = HandleOf(buffer);
        if (offset < 0 || bytes < 0 || offset > buffer.Length - bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{bytes} bytes from byte {offset} on do not lie inside a buffer of {buffer.Length} bytes.");
        return handle;
    }

    private protected abstract CompiledKernel Compile(KernelSource source);

    /// <summary>Loads a compiled kernel.</summary>
    /// <param name="source">The kernel.</param>
    /// <param name="compiled">Its text.</param>
    /// <param name="binary">What the driver made of it before; empty if it made nothing.</param>
    /// <param name="made">What the driver has made of the text now; null if the binary was good.</param>
    private protected abstract DriverKernel Build(KernelSource source, CompiledKernel compiled, byte[] binary, out byte[]? made);

    /// <summary>Waits for everything queued. Does not throw.</summary>
    private protected abstract void Drain();

    /// <summary>Releases what is left after kernels, staging and memory. Does not throw.</summary>
    private protected abstract void Close();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (loadGate)
        {
            if (disposed) return;
            disposed = true;
            // Whatever has failed, everything is to be released.
            Drain();
            foreach (DriverKernel kernel in kernels.Values) kernel.Release();
            lock (stagingGate) Staging.Dispose();
            Allocator.Dispose();
            Close();
        }
    }

    private DriverKernel Make(KernelSource source, KernelIdentity identity)
    {
        Dim3 group = source.GroupSize, limit = MaxGroup;
        if (group.X < 1 || group.Y < 1 || group.Z < 1 || group.Count > Info.MaxGroupSize || group.X > limit.X || group.Y > limit.Y || group.Z > limit.Z)
            throw new AcceleratorException($"{Info.Name}: the kernel {source.Name} has groups of {group} threads; {Info.MaxGroupSize} are possible there, at most {limit} along the axes.");
        string key = identity.Key(Identity, CompilerVersion);
        if (cache.Find(key) is { } kept)
        {
            try
            {
                return Build(source, kept.Kernel, kept.Binary, key);
            }
            catch (AcceleratorException)
            {
                // What was kept does not fit the driver any more.
            }
        }
        return Build(source, Compile(source), [], key);
    }

    private DriverKernel Build(KernelSource source, CompiledKernel compiled, byte[] binary, string key)
    {
        if (compiled.SharedBytes > Info.SharedBytes)
            throw new AcceleratorException($"{Info.Name}: the kernel {source.Name} needs {compiled.SharedBytes} bytes of shared memory for a group; there are {Info.SharedBytes}.");
        DriverKernel kernel = Build(source, compiled, binary, out byte[]? made);
        if (made is not null) cache.Add(key, compiled, made);
        return kernel;
    }
}

/// <summary>A kernel that a driver has loaded. Many threads may launch it.</summary>
public abstract class DriverKernel : Kernel
{
    private readonly LaunchSignature signature;

    private protected DriverKernel(KernelSource source, CompiledKernel compiled) : base(source)
    {
        Compiled = compiled;
        Name = source.Name;
        Parameters = [.. compiled.Parameters];
        signature = new LaunchSignature(source);
    }

    private protected CompiledKernel Compiled { get; }

    private protected string Name { get; }

    private protected KernelParameter[] Parameters { get; }

    /// <summary>Launches the kernel, waits for it, and tells how long it ran by the device's own clock.</summary>
    /// <inheritdoc cref="Kernel.Launch"/>
    public abstract TimeSpan Measure(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments);

    /// <summary>Gives it back to the driver. Does not throw.</summary>
    internal abstract void Release();

    /// <summary>Checks a launch.</summary>
    /// <returns>False if there is nothing to do.</returns>
    /// <exception cref="ArgumentException">An argument is missing, of another kind, or out of its buffer's bounds; or a number of groups is negative.</exception>
    private protected bool Check(Dim3 groups, ReadOnlySpan<KernelArgument> arguments)
    {
        signature.Check(arguments);
        if (groups.X < 0 || groups.Y < 0 || groups.Z < 0) throw new ArgumentOutOfRangeException(nameof(groups), $"{Name} cannot be launched with {groups} groups.");
        return groups.Count > 0;
    }
}
