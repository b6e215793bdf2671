using System.Security.Cryptography;
using System.Text;
using Fovea.Compilation;
using Fovea.Core.Memory;
using Fovea.Execution;
using Fovea.Gpu;
using Fovea.Gpu.Convolution;
using Fovea.Gpu.Convolution.Fft;
using Fovea.Gpu.Convolution.Winograd;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Product;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Training;

namespace Fovea.Verification.Kernels;

/// <summary>A kernel as the engine uses it.</summary>
/// <param name="Name">A short name for it: class, method, and a few digits that tell its specialisations apart.</param>
/// <param name="Source">The kernel.</param>
public sealed record CatalogKernel(string Name, KernelSource Source);

/// <summary>The kernels of this engine, in every specialisation that networks use.</summary>
public static class KernelCatalog
{
    /// <summary>Finds the kernels that training and using networks loads on a device, by lowering them for one that only records.</summary>
    /// <param name="models">The networks' names; those of the catalogue's papers if there are none.</param>
    /// <returns>The kernels, by name.</returns>
    public static IReadOnlyList<CatalogKernel> Of(params IReadOnlyList<string> models) => Of(models, null);

    /// <inheritdoc cref="Of(IReadOnlyList{string})"/>
    /// <param name="models">The networks' names; those of the catalogue's papers if there are none.</param>
    /// <param name="progress">Is told the name of each network before it is looked at; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<CatalogKernel> Of(
        IReadOnlyList<string> models, IProgress<string>? progress, CancellationToken cancellationToken = default)
    {
        using var recorder = new RecordingDevice();
        using Device device = Device.Over(recorder);
        foreach (string name in models is [] ? ["lenet5", "alexnet", "alexnet-grouped", "vgg16"] : models)
        {
            progress?.Report(name);
            ModelInfo model = ModelCatalog.Find(name);
            Network network = ModelCatalog.Create(model.Name, model.Input[2] == 1 ? 10 : 1000);
            foreach (Optimizer optimizer in new[] { model.Optimizer, new Sgd(0.1f), new Sgd(0.1f, 0.9f),
                new Sgd(0.1f, 0.9f, Nesterov: true), new RmsProp(), new Adam(), new AdamW(), new NAdam(), new Adagrad(),
                new Lion() }.Distinct())
            {
                var options = new TrainerOptions { Optimizer = optimizer };
                var state = new OptimizerState(network, optimizer);
                using BatchProgram training = BatchProgram.ForTraining(
                    network, options, state, model.BatchSize, device, cancellationToken: cancellationToken);
            }
            foreach (int batch in new[] { 1, model.BatchSize })
            {
                ComputationGraph graph = network.Build(batch);
                using Executable inference = device.Compile(
                    graph, CompileOptions.Default, [graph.Named["output"].Softmax()], null, cancellationToken);
            }
        }
        if (models is [])
        {
            var context = new GpuContext(recorder) { Tuner = null };
            // The largest tile has the fewest registers to spare, so all products are in the list with it.
            var tight =
                new GpuContext(recorder) { Tuner = null, Tiles = new(recorder.Info) { Only = TileInfo.Of<Tile128x128x8>(), Parts = 1 } };
            MatrixProductStep.LoadAll(tight);
            ImplicitGemmSteps.LoadAll(tight);
            DirectFilters.LoadAll(context);
            WinogradParts.LoadAll(context);
            FftKernel.LoadAll(context);
        }
        return Sorted(recorder);
    }

    /// <summary>
    /// Finds the kernels of every operation that the engine has, with its gradient, at some sizes: also of operations that none of the
    /// networks uses.
    /// </summary>
    /// <returns>The kernels, by name.</returns>
    public static IReadOnlyList<CatalogKernel> OfOperations()
    {
        using var recorder = new RecordingDevice();
        using Device device = Device.Over(recorder);
        foreach (GraphCase source in BuiltInCases.All)
        {
            GraphRun run = GraphRun.Of(source);
            using Executable executable = device.Compile(run.Graph, [.. run.Fetches.Select(fetch => fetch.Value)]);
        }
        return Sorted(recorder);
    }

    private static IReadOnlyList<CatalogKernel> Sorted(RecordingDevice recorder) =>
        [.. recorder.Sources.Values.Select(source => new CatalogKernel(NameOf(source), source))
            .OrderBy(kernel => kernel.Name, StringComparer.Ordinal)];

    /// <summary>The name of a kernel in its specialisation, the same in every process.</summary>
    public static string NameOf(KernelSource source)
    {
        // The method's and types' names with the specialized values: what is behind the names may change, and the name should not.
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Name} {source.GroupSize} {source.Identity.Values}"));
        return $"{source.Method.DeclaringType!.Name.Split('`')[0]}.{source.Method.Name}-{Convert.ToHexStringLower(hash)[..6]}";
    }

    /// <summary>A device where nothing runs: it records which kernels are asked for.</summary>
    private sealed class RecordingDevice : KernelDevice
    {
        public Dictionary<object, KernelSource> Sources { get; } = [];

        public override AcceleratorInfo Info { get; } = new("catalogue", "records", 1L << 40, 64, 1024, 48 << 10, IsGpu: true);

        public override MemoryStatistics Memory { get; } = new();

        public override DeviceBuffer Allocate(long bytes) => new Nothing(bytes);

        public override DeviceKernel Load(KernelSource source)
        {
            Sources.TryAdd(source.Identity, source);
            return new Silent(source);
        }

        public override void Write(DeviceBuffer target, long offset, ReadOnlySpan<byte> source)
        {
        }

        public override void Read(DeviceBuffer source, long offset, Span<byte> target) => target.Clear();

        public override void Clear(DeviceBuffer target, long offset, long bytes)
        {
        }

        public override void Synchronize()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Nothing(long bytes) : DeviceBuffer(bytes)
        {
            protected override void Dispose(bool disposing)
            {
            }
        }

        private sealed class Silent(KernelSource source) : DeviceKernel(source)
        {
            public override void Launch(Dim3 groups, params ReadOnlySpan<KernelArgument> arguments)
            {
            }
        }
    }
}
