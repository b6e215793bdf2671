using System.Runtime.InteropServices;
using Fovea.Compute;
using Fovea.Compute.Memory;
using Fovea.Graph.Ops;
using Fovea.Kernels.Simd.Elementwise;
using Fovea.Kernels.Simt.Elementwise;

namespace Fovea.Backends.Gpu;

/// <summary>
/// One launch for many tensors: a table says where each group of threads finds its piece of which tensor. Tensors that lie in different
/// blocks of memory need a launch each.
/// </summary>
internal sealed class UpdateGroupStep : IStep, IDisposable
{
    private static readonly EqualityComparer<DeviceBuffer?[]> SameBlocks =
        EqualityComparer<DeviceBuffer?[]>.Create((a, b) => a!.AsSpan().SequenceEqual(b), blocks => blocks[0]!.GetHashCode());

    private const int PieceVectors = MapKernels.GroupElements / 4;

    private readonly GpuContext context;
    private readonly UpdateGroup op;
    private readonly MapInputKind[] kinds;
    private readonly Kernel kernel;
    private readonly List<DeviceBuffer> tables = [];
    private Launch[] launches = [];

    public UpdateGroupStep(GpuContext context, UpdateGroup op, IReadOnlyList<TensorSpec> inputs)
    {
        (this.context, this.op) = (context, op);
        kinds = [.. inputs.Take(op.Operands).Select(input => Map.Kind(input.Shape, inputs[0].Shape))];
        kernel = MapSteps.Load(context, nameof(MapKernels.RunGroup), op.Each.Formulas, kinds);
    }

    public long WorkspaceBytes => 0;

    public void Prepare(StepBuffers buffers)
    {
        int results = op.Each.Formulas.Count;
        IEnumerable<BufferView[]> members = buffers.Inputs.ToArray().Chunk(op.Operands).Select(operands => (BufferView[])[.. operands, .. operands[..results]]);
        launches = [.. members.GroupBy(views => Array.ConvertAll(views, view => view.Buffer), SameBlocks).Select(group => Prepare([.. group]))];
    }

    public void Run(StepBuffers buffers)
    {
        foreach (ref readonly Launch launch in launches.AsSpan()) launch.Run();
    }

    /// <summary>A launch for tensors whose operands lie in the same blocks.</summary>
    /// <param name="members">Of each tensor, where its operands lie.</param>
    private Launch Prepare(BufferView[][] members)
    {
        var rows = new List<int>();
        foreach (BufferView[] views in members)
        {
            int vectors = MapSteps.Vectors(views[0].Bytes / sizeof(float));
            for (int first = 0; first < vectors; first += PieceVectors)
            {
                rows.Add(Math.Min(PieceVectors, vectors - first));
                for (int slot = 0; slot < MapSlots.Count; slot++)
                {
                    bool scalar = slot < op.Operands && kinds[slot] == MapInputKind.Scalar;
                    rows.Add(slot < views.Length ? (int)(views[slot].Offset / sizeof(float)) + (scalar ? 0 : 4 * first) : 0);
                }
            }
        }
        DeviceBuffer table;
        lock (context.Gate)
        {
            table = context.Accelerator.Allocate(sizeof(int) * (long)rows.Count);
            tables.Add(table);
            context.Accelerator.Write(table, 0, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(rows)));
        }
        IEnumerable<KernelArgument> blocks = members[0].Select(view => KernelArgument.View(view.Buffer!, 0, (int)(view.Buffer!.Length / sizeof(float))));
        return new Launch(kernel, new Dim3(rows.Count / MapKernels.TableStride),
            [KernelArgument.View(table, 0, rows.Count), .. blocks, .. Enumerable.Repeat(GpuMemory.Nothing(table), MapSlots.Count - members[0].Length)]);
    }

    public void Dispose()
    {
        foreach (DeviceBuffer table in tables) table.Dispose();
        tables.Clear();
    }
}
