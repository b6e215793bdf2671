using System.Reflection;
using System.Runtime.InteropServices;
using Fovea.Core.Memory;
using Fovea.Core.Random;
using Fovea.Core.Tuning;
using Fovea.Execution;
using Fovea.Gpu.Devices;

namespace Fovea.Gpu.Product;

/// <summary>What a product is, whatever its operands are.</summary>
/// <param name="Kind">The operation, for the tuner and for messages.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Options">The options of <see cref="TiledProduct"/>.</param>
/// <param name="ElementsA">Elements of A's memory.</param>
/// <param name="ElementsB">Elements of B's memory.</param>
/// <param name="ElementsC">Elements of the result's memory.</param>
internal sealed record ProductProblem(string Kind, ProductShape Shape, int Options, long ElementsA, long ElementsB, long ElementsC);

/// <summary>The memory of one run of a product.</summary>
internal readonly record struct ProductBuffers(BufferView A, BufferView B, BufferView Bias, BufferView C, BufferView Workspace);

/// <summary>Independent products of equal sizes on a device.</summary>
internal abstract class DeviceProduct
{
    /// <summary>The scratch memory of a run, in bytes.</summary>
    public long WorkspaceBytes { get; protected init; }

    /// <summary>The tile that it uses.</summary>
    public abstract TileInfo Tile { get; }

    /// <summary>Into how many parts its sums are divided.</summary>
    public abstract int Splits { get; }

    /// <summary>Queues a run. Allocates nothing.</summary>
    public abstract void Run(in ProductBuffers buffers);

    /// <summary>Prepares a product.</summary>
    /// <param name="context">The device.</param>
    /// <param name="problem">What it is.</param>
    /// <param name="left">Where A's elements are.</param>
    /// <param name="right">Where B's elements are.</param>
    /// <param name="target">Where the result's rows are.</param>
    public static DeviceProduct Of<TA, TB, TTarget>(GpuContext context, ProductProblem problem, TA left, TB right, TTarget target)
        where TA : unmanaged, IOperand
        where TB : unmanaged, IOperand
        where TTarget : unmanaged, ITarget
    {
        bool isCrowded = TA.IsCrowded((problem.Options & TiledProduct.VectorA) != 0)
            || TB.IsCrowded((problem.Options & TiledProduct.VectorB) != 0);
        TileInfo tile = context.Tiles.Tile(problem.Shape, isCrowded);
        (int Splits, int Depth) split = context.Tiles.Split(problem.Shape, tile);
        if (context.Tuner is { } tuner)
        {
            string key = $"{problem.Kind} {typeof(TA).Name} {typeof(TB).Name} {problem.Options} {TileTuner.Bucket(problem.Shape)}";
            TileInfo[] candidates = [.. context.Tiles.Candidates(isCrowded)];
            string best;
            lock (context.Gate)
            {
                best = tuner.Choose(key, [.. candidates.Select(candidate => candidate.Name)], tile.Name,
                    name => Measure(context, problem, Make(candidates.Single(candidate => candidate.Name == name))));
            }
            tile = candidates.Single(candidate => candidate.Name == best);
        }
        return Make(tile);

        DeviceProduct Make(TileInfo tile) => new DeviceProduct<TA, TB, TTarget>(context, problem, tile, split, left, right, target);
    }

    /// <summary>Runs a product on numbers drawn for it, and the fastest of some runs counts.</summary>
    internal static Measurement Measure(GpuContext context, ProductProblem problem, DeviceProduct product)
    {
        const int Runs = 4;
        GpuContext.Cancellation.ThrowIfCancellationRequested();
        KernelDevice accelerator = context.Device;
        using DeviceBuffer a = Random(accelerator, problem.ElementsA, 1), b = Random(accelerator, problem.ElementsB, 2);
        using DeviceBuffer bias = Random(accelerator, (long)problem.Shape.Columns * problem.Shape.Groups, 3),
            c = accelerator.Allocate(problem.ElementsC * sizeof(float));
        using DeviceBuffer workspace = accelerator.Allocate(Math.Max(product.WorkspaceBytes, sizeof(float)));
        accelerator.Clear(c, 0, c.Length);
        var buffers = new ProductBuffers(View(a), View(b), View(bias), View(c), View(workspace));
        var times = new Timings();
        for (int run = 0; run < Runs; run++)
        {
            accelerator.Synchronize();
            times.Add(() =>
            {
                product.Run(buffers);
                accelerator.Synchronize();
            });
        }
        float[] result = new float[problem.ElementsC];
        accelerator.Read(c, 0, MemoryMarshal.AsBytes(result.AsSpan()));
        return new(result, times.Min);
    }

    private static BufferView View(DeviceBuffer buffer) => new(buffer, 0, buffer.Length);

    private static DeviceBuffer Random(KernelDevice accelerator, long elements, ulong stream)
    {
        DeviceBuffer buffer = accelerator.Allocate(elements * sizeof(float));
        float[] values = new float[Math.Min(elements, 1 << 18)];
        var random = new RandomStream(1, stream);
        foreach (ref float value in values.AsSpan()) value = random.NextNormal();
        for (long start = 0; start < elements; start += values.Length)
            accelerator.Write(
                buffer, start * sizeof(float), MemoryMarshal.AsBytes(values.AsSpan(0, (int)Math.Min(values.Length, elements - start))));
        return buffer;
    }
}

/// <inheritdoc cref="DeviceProduct"/>
internal sealed class DeviceProduct<TA, TB, TTarget> : DeviceProduct
    where TA : unmanaged, IOperand
    where TB : unmanaged, IOperand
    where TTarget : unmanaged, ITarget
{
    private const int Vectors = TiledProduct.VectorA | TiledProduct.VectorB | TiledProduct.VectorC;

    private static readonly MethodInfo Multiply = typeof(TiledProduct).GetMethod(nameof(TiledProduct.Multiply))!;

    private readonly ProductProblem problem;
    private readonly DeviceKernel multiply;
    private readonly DeviceKernel? add;
    private readonly Dim3 groups, addGroups;
    private readonly KernelArgument left, right, target, partial, sizes, rows, columns, elements, splits, addLanes, epilogue,
        none = KernelArgument.Of(0);

    public DeviceProduct(
        GpuContext context, ProductProblem problem, TileInfo tile, (int Splits, int Depth) split, TA left, TB right, TTarget target)
    {
        this.problem = problem;
        ProductShape shape = problem.Shape;
        (Tile, Splits) = (tile, split.Splits);
        left.Prepare(Quads.Step(tile.Threads, tile.Rows, tile.Depth, TA.AlongDepth));
        right.Prepare(Quads.Step(tile.Threads, tile.Columns, tile.Depth, TB.AlongDepth));
        this.left = KernelArgument.Of(left);
        this.right = KernelArgument.Of(right);
        this.target = KernelArgument.Of(target);
        sizes = KernelArgument.Of(new ProductSizes(shape.Rows, shape.Columns, shape.Depth, split.Depth, tile.Rows, tile.Columns));
        groups = new Dim3(checked((int)tile.Groups(shape)), split.Splits);
        int options = problem.Options;
        epilogue = KernelArgument.Of(options & (TiledProduct.Bias | TiledProduct.Relu));
        if (split.Splits > 1)
        {
            int lanes = SplitSum.Lanes(split.Splits);
            add = context.Load(SplitSum.Add<TTarget>, SplitSum.Threads);
            addGroups = GpuContext.Groups(shape.Elements, SplitSum.Threads / lanes);
            partial = KernelArgument.Of(MatrixTarget.Parts(shape.Groups, shape.Rows, shape.Columns));
            (rows, columns) = (KernelArgument.Of(shape.Rows), KernelArgument.Of(shape.Columns));
            (elements, splits, addLanes) =
                (KernelArgument.Of((int)shape.Elements), KernelArgument.Of(split.Splits), KernelArgument.Of(lanes));
            WorkspaceBytes = shape.Elements * split.Splits * sizeof(float);
            options &= ~TiledProduct.VectorC;
            if (shape.Columns % 4 == 0) options |= TiledProduct.VectorC;
        }
        multiply = context.Load(
            Multiply.MakeGenericMethod(tile.Type, typeof(TA), typeof(TB), split.Splits > 1 ? typeof(MatrixTarget) : typeof(TTarget)),
                tile.Threads, options & Vectors);
    }

    /// <inheritdoc/>
    public override TileInfo Tile { get; }

    /// <inheritdoc/>
    public override int Splits { get; }

    /// <inheritdoc/>
    public override void Run(in ProductBuffers buffers)
    {
        if ((buffers.A.Offset | buffers.B.Offset | buffers.C.Offset | buffers.Workspace.Offset) % 16 != 0)
            throw new InvalidOperationException($"{problem.Kind}: its buffers must begin on multiples of 16 bytes.");
        KernelArgument a = buffers.A.View(), b = buffers.B.View(), c = buffers.C.View();
        KernelArgument bias = buffers.Bias.Buffer is null ? GpuMemory.Nothing(buffers.C.Buffer!) : buffers.Bias.View();
        if (add is null)
        {
            multiply.Launch(groups, a, b, bias, c, left, right, target, sizes, epilogue);
            return;
        }
        KernelArgument parts = buffers.Workspace.View();
        multiply.Launch(groups, a, b, bias, parts, left, right, partial, sizes, none);
        add.Launch(addGroups, parts, bias, c, target, rows, columns, elements, splits, addLanes, epilogue);
    }
}
