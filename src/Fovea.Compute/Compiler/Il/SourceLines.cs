using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Il;

/// <summary>Which C# line an instruction comes from, by the portable PDB inside or beside the assembly.</summary>
internal sealed class SourceLines
{
    private static readonly ConcurrentDictionary<Assembly, MetadataReaderProvider?> Symbols = [];

    private readonly string method;
    private readonly (int Offset, string File, int Line)[] points;

    private SourceLines(string method, (int Offset, string File, int Line)[] points) => (this.method, this.points) = (method, points);

    public static SourceLines Of(MethodBase method)
    {
        string name = $"{method.DeclaringType?.Name}.{method.Name}";
        try
        {
            if (Symbols.GetOrAdd(method.Module.Assembly, Open) is not { } provider) return new(name, []);
            MetadataReader reader = provider.GetMetadataReader();
            MethodDebugInformation information = reader.GetMethodDebugInformation(MetadataTokens.MethodDefinitionHandle(method.MetadataToken & 0xFFFFFF));
            return new(name, [.. information.GetSequencePoints().Where(point => !point.IsHidden)
                .Select(point => (point.Offset, reader.GetString(reader.GetDocument(point.Document).Name), point.StartLine))]);
        }
        catch (BadImageFormatException)
        {
            return new(name, []);
        }
    }

    public SourceLocation At(int offset)
    {
        (int _, string file, int line) = points.LastOrDefault(point => point.Offset <= offset);
        return new SourceLocation(method, file ?? "", line, offset);
    }

    private static MetadataReaderProvider? Open(Assembly assembly)
    {
        // An assembly in a single file, or made at run time, has no file of its own and so no lines.
        if (assembly.Location is not { Length: > 0 } location || !File.Exists(location)) return null;
        using FileStream stream = File.OpenRead(location);
        using var image = new PEReader(stream);
        DebugDirectoryEntry embedded = image.ReadDebugDirectory().FirstOrDefault(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        if (embedded.Type == DebugDirectoryEntryType.EmbeddedPortablePdb) return image.ReadEmbeddedPortablePdbDebugDirectoryData(embedded);
        string beside = Path.ChangeExtension(location, ".pdb");
        return File.Exists(beside) ? MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(beside), MetadataStreamOptions.PrefetchMetadata) : null;
    }
}
