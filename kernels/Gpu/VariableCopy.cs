using System.Runtime.InteropServices;
using Fovea.Execution;

namespace Fovea.Gpu;

/// <summary>A variable's memory on one device.</summary>
internal sealed class VariableCopy(VariableStore store, Variable variable, BufferView view) : IVariableCopy
{
    public Variable Variable => variable;

    public BufferView View => view;

    /// <summary>The variable's version that lies here; none yet.</summary>
    public long Version { get; set; } = -1;

    /// <summary>How many executables use it.</summary>
    public int Uses { get; set; }

    public VariableStore Store => store;

    /// <summary>Brings the value home if it is the newest.</summary>
    public void Download()
    {
        lock (store.Context.Gate) DownloadLocked();
    }

    /// <inheritdoc cref="Download"/>
    public void DownloadLocked()
    {
        if (variable.Newest != this) return;
        Span<float> values = variable.Host.Span;
        for (long offset = 0; !values.IsEmpty; values = values[BackendTransfers.Piece(values.Length)..])
        {
            Span<byte> piece = MemoryMarshal.AsBytes(values[..BackendTransfers.Piece(values.Length)]);
            store.Context.Device.Read(view.Buffer!, view.Offset + offset, piece);
            offset += piece.Length;
        }
        variable.Newest = null;
    }
}
