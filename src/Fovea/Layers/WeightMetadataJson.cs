using System.Text.Json.Serialization;

namespace Fovea.Layers;

/// <summary>
/// How the lists of a <see cref="WeightMetadata"/> are written, generated at build time: reflection is not there in trimmed programs.
/// </summary>
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class WeightMetadataJson : JsonSerializerContext;
