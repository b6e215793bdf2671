using System.Text.Json;
using Fovea.Backends.Gpu;
using Fovea.Cli.Output;
using Fovea.Compute.Compiler;

namespace Fovea.Cli.Assembly;

/// <summary>A kernel's file in a dump; the fields are those of the index.</summary>
internal sealed record DumpedKernel(string File, string Kernel, string Method, string EntryPoint, string Specialisation, int Sm, int[] GroupSize, int StaticSharedBytes, int DynamicSharedBytes);

/// <summary>Writes kernels as PTX, one file each, with an index.</summary>
internal static class KernelDump
{
    public const string IndexFile = "index.json";

    public static IReadOnlyList<DumpedKernel> Write(string directory, IReadOnlyList<CatalogKernel> kernels, IReadOnlyList<int> sms, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var written = new List<DumpedKernel>();
        foreach (CatalogKernel kernel in kernels)
        {
            foreach (int sm in sms)
            {
                cancellation.ThrowIfCancellationRequested();
                CompiledKernel compiled = KernelCompiler.ToPtx(kernel.Source, PtxTarget.For(sm));
                string file = $"{kernel.Name}.sm_{sm}.ptx";
                File.WriteAllText(Path.Combine(directory, file), compiled.Text);
                written.Add(new DumpedKernel(file, kernel.Name, $"{kernel.Source.Method.DeclaringType!.FullName}.{kernel.Source.Method.Name}", compiled.EntryPoint, kernel.Source.Name, sm,
                    [compiled.GroupSize.X, compiled.GroupSize.Y, compiled.GroupSize.Z], compiled.SharedBytes, 0));
            }
        }
        File.WriteAllText(Path.Combine(directory, IndexFile), JsonSerializer.Serialize(new { kernels = written }, Json.Indented));
        return written;
    }

    /// <exception cref="FileNotFoundException">There is no index.</exception>
    public static IReadOnlyList<DumpedKernel> Read(string directory)
    {
        string path = Path.Combine(directory, IndexFile);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} does not exist. Write a dump with: fovea kernels dump {directory} --target ptx --sm 70,80,90");
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(path));
        return index.RootElement.GetProperty("kernels").Deserialize<DumpedKernel[]>(Json.Indented) ?? [];
    }
}
