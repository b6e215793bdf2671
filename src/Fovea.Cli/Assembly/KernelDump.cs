using System.Text.Json;
using Fovea.Cli.Output;
using Fovea.Core.Files;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Verification.Kernels;

namespace Fovea.Cli.Assembly;

/// <summary>A kernel's file in a dump; the fields are those of the index.</summary>
internal sealed record DumpedKernel(
    string File, string Kernel, string Method, string EntryPoint, string Specialisation, int Sm, int[] GroupSize);

/// <summary>Writes kernels as PTX, one file each, with an index.</summary>
internal static class KernelDump
{
    public const string IndexFile = "index.json";

    public static IReadOnlyList<DumpedKernel> Write(
        string directory, IReadOnlyList<CatalogKernel> kernels, IReadOnlyList<int> sms, CancellationToken cancellation,
        Action<int, int>? progress = null)
    {
        int done = 0, total = kernels.Count * sms.Count;
        OutputPath.MakeFolder(directory);
        var written = new List<DumpedKernel>();
        foreach (int sm in sms)
        {
            using var compiler = new PtxCompiler(sm);
            written.AddRange(
                kernels.AsParallel().AsOrdered().WithCancellation(cancellation).Select(kernel =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    DumpedKernel dumped = Write(directory, kernel, sm, compiler);
                    progress?.Invoke(Interlocked.Increment(ref done), total);
                    return dumped;
                }));
        }
        File.WriteAllText(Path.Combine(directory, IndexFile), JsonSerializer.Serialize(new { kernels = written }, Json.Indented));
        return written;
    }

    private static DumpedKernel Write(string directory, CatalogKernel kernel, int sm, PtxCompiler compiler)
    {
        PtxKernel compiled = compiler.Compile(kernel.Source);
        string file = $"{kernel.Name}.sm_{sm}.ptx";
        File.WriteAllText(Path.Combine(directory, file), compiled.Text);
        Dim3 group = kernel.Source.GroupSize;
        string method = $"{kernel.Source.Method.DeclaringType!.FullName}.{kernel.Source.Method.Name}";
        return new(file, kernel.Name, method, compiled.EntryPoint, kernel.Source.Name, sm, [group.X, group.Y, group.Z]);
    }

    /// <exception cref="FileNotFoundException">There is no index.</exception>
    public static IReadOnlyList<DumpedKernel> Read(string directory)
    {
        InputPath.CheckFolder(directory);
        string path = Path.Combine(directory, IndexFile);
        if (!File.Exists(path)) throw new FileNotFoundException(
            $"{path} does not exist. Write a dump with: fovea kernels dump {directory} --target ptx --sm 75,80,86,90");
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(path));
        return index.RootElement.GetProperty("kernels").Deserialize<DumpedKernel[]>(Json.Indented) ?? [];
    }
}
