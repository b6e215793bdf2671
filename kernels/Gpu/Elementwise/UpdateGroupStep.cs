using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Elementwise;

/// <summary>
/// One launch for many tensors: a table says where each group of threads finds its piece of which tensor. Tensors that lie in different
/// blocks of memory need a launch each.
/// </summary>
internal sealed class UpdateGroupStep : IStep, IDisposable
{
    private static readonly EqualityComparer<DeviceBuffer?[]> SameBlocks =
        EqualityComparer<DeviceBuffer?[]>.Create((a, b) => a!.AsSpan().SequenceEqual(b), blocks => blocks[0]!.GetHashCode());

    private const int PieceVectors = FormulaKernels.PieceElements / 4;

    private readonly GpuContext context;
    private readonly UpdateGroupOp op;
    private readonly MapInputKind[] kinds;
    private readonly DeviceKernel kernel;
    private readonly List<DeviceBuffer> tables = [];
    private Launch[] launches = [];

    public UpdateGroupStep(GpuContext context, UpdateGroupOp op, IReadOnlyList<TensorSpec> inputs)
    {
        (this.context, this.op) = (context, op);
        kinds = [.. inputs.Take(op.Operands).Select(input => MapOp.Kind(input.Shape, inputs[0].Shape))];
        kernel = MapSteps.Load(context, FormulaForm.Pieces, op.Each.Formulas, kinds);
    }

    public long WorkspaceBytes => 0;

    public void Prepare(StepBuffers buffers)
    {
        int results = op.Each.Formulas.Count;
        IEnumerable<BufferView[]> members = buffers.Inputs.ToArray().Chunk(op.Operands)
            .Select(operands => (BufferView[])[.. operands, .. operands[..results]]);
        launches =
            [.. members.GroupBy(views => Array.ConvertAll(views, view => view.Buffer), SameBlocks).Select(group => Prepare([.. group]))];
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
                for (int operand = 0; operand < views.Length; operand++)
                {
                    bool isScalar = operand < op.Operands && kinds[operand] == MapInputKind.Scalar;
                    rows.Add((int)(views[operand].Offset / sizeof(float)) + (isScalar ? 0 : 4 * first));
                }
            }
        }
        DeviceBuffer table;
        lock (context.Gate)
        {
            table = context.Device.Allocate(sizeof(int) * (long)rows.Count);
            tables.Add(table);
            context.Device.Write(table, 0, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(rows)));
        }
        IEnumerable<KernelArgument> blocks = members[0]
            .Select(view => KernelArgument.View(view.Buffer!, 0, (int)(view.Buffer!.Length / sizeof(float))));
        return new Launch(kernel, new Dim3(rows.Count / FormulaKernels.TableStride(members[0].Length)),
            [KernelArgument.View(table, 0, rows.Count), .. blocks]);
    }

    public void Dispose()
    {
        foreach (DeviceBuffer table in tables) table.Dispose();
        tables.Clear();
    }
}
