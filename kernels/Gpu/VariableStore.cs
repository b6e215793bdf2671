using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Execution;

namespace Fovea.Gpu;

/// <summary>
/// The copies of variables on one device. All executables of the device share them. The variables of one executable that have no
/// copy yet get theirs side by side in a slab, so that one launch can reach many of them by offsets; a slab goes with its last user.
/// </summary>
/// <remarks>
/// Everything happens under the lock of the device, and no thread ever holds the locks of two: what another device has computed is
/// brought home before a run takes its own device's lock.
/// </remarks>
internal sealed class VariableStore(GpuContext context)
{
    private const long Alignment = 64;

    /// <summary>
    /// The size of a slab, at most, unless a single variable is larger: a block may be a quarter of an OpenCL device's memory, and need not
    /// be more.
    /// </summary>
    private readonly long mostSlabBytes = Math.Min(1L << 30, context.Device.Info.Memory / 4);

    private readonly Dictionary<Variable, VariableCopy> copies = [];
    private readonly Dictionary<DeviceBuffer, int> slabs = [];

    public GpuContext Context => context;

    /// <summary>Whether the device is gone, and with it every copy.</summary>
    public bool Closed { get; private set; }

    public IVariableBinding Bind(IReadOnlyList<Variable> variables, IReadOnlyList<Variable> replaced)
    {
        lock (context.Gate)
        {
            try
            {
                foreach (List<Variable> missing in Slabs(variables.Where(variable => !copies.ContainsKey(variable)))) AddSlab(missing);
            }
            catch
            {
                foreach (VariableCopy unused in copies.Values.Where(copy => copy.Uses == 0).ToArray()) Remove(unused);
                throw;
            }
            foreach (Variable variable in variables) copies[variable].Uses++;
            return new Binding(
                this, [.. variables.Select(variable => copies[variable])], [.. replaced.Select(variable => copies[variable])]);
        }
    }

    /// <summary>Brings every value home, before the device goes.</summary>
    public void Close()
    {
        lock (context.Gate)
        {
            foreach (VariableCopy copy in copies.Values) copy.DownloadLocked();
            foreach (DeviceBuffer slab in slabs.Keys) slab.Dispose();
            copies.Clear();
            slabs.Clear();
            Closed = true;
        }
    }

    /// <summary>Divides variables among slabs.</summary>
    private List<List<Variable>> Slabs(IEnumerable<Variable> variables)
    {
        var divided = new List<List<Variable>>();
        long room = 0;
        foreach (Variable variable in variables)
        {
            if (divided.Count == 0 || Padded(variable) > room)
            {
                divided.Add([]);
                room = mostSlabBytes;
            }
            divided[^1].Add(variable);
            room -= Padded(variable);
        }
        return divided;
    }

    private void AddSlab(List<Variable> variables)
    {
        DeviceBuffer slab = context.Device.Allocate(variables.Sum(Padded));
        // Kernels read whole vectors, and so the padding too.
        context.Device.Clear(slab, 0, slab.Length);
        slab.Label = $"{variables[0].Name} and {variables.Count - 1} more variables";
        slabs[slab] = variables.Count;
        long offset = 0;
        foreach (Variable variable in variables)
        {
            copies[variable] = new VariableCopy(this, variable, new BufferView(slab, offset, variable.Shape.Count * sizeof(float)));
            offset += Padded(variable);
        }
    }

    private void Release(VariableCopy copy)
    {
        if (--copy.Uses > 0) return;
        copy.DownloadLocked();
        Remove(copy);
    }

    private void Remove(VariableCopy copy)
    {
        copies.Remove(copy.Variable);
        DeviceBuffer slab = copy.View.Buffer!;
        if (--slabs[slab] > 0) return;
        slabs.Remove(slab);
        slab.Dispose();
    }

    private static long Padded(Variable variable) => Align.Up(variable.Shape.Count * sizeof(float), Alignment);

    private sealed class Binding(VariableStore store, VariableCopy[] copies, VariableCopy[] replaced) : IVariableBinding
    {
        private readonly GpuContext context = store.Context;
        private bool disposed;

        public BufferView View(Variable variable) => Array.Find(copies, copy => copy.Variable == variable)!.View;

        public void Begin()
        {
            ObjectDisposedException.ThrowIf(store.Closed, typeof(GpuBackend));
            foreach (VariableCopy copy in copies)
            {
                if (copy.Variable.Newest is { } newest && (newest as VariableCopy)?.Store != store) copy.Variable.FetchNewest();
            }
            context.Gate.Enter();
            try
            {
                foreach (VariableCopy copy in copies)
                {
                    long version = copy.Variable.Version;
                    if (copy.Version == version) continue;
                    Span<float> values = copy.Variable.Host.Span;
                    for (long offset = 0; !values.IsEmpty; values = values[BackendTransfers.Piece(values.Length)..])
                    {
                        Span<byte> piece = MemoryMarshal.AsBytes(values[..BackendTransfers.Piece(values.Length)]);
                        context.Device.Write(copy.View.Buffer!, copy.View.Offset + offset, piece);
                        offset += piece.Length;
                    }
                    copy.Version = version;
                }
            }
            catch
            {
                context.Gate.Exit();
                throw;
            }
        }

        public void End()
        {
            foreach (VariableCopy copy in replaced)
            {
                copy.Version = copy.Variable.MarkHostChanged();
                copy.Variable.Newest = copy;
            }
            context.Gate.Exit();
        }

        public void Dispose()
        {
            lock (context.Gate)
            {
                if (disposed || store.Closed) return;
                disposed = true;
                foreach (VariableCopy copy in copies) store.Release(copy);
            }
        }
    }
}
