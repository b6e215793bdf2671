using System.Text.Json.Serialization;

namespace Fovea.Core.Tuning;

/// <summary>
/// How a <see cref="ChoiceFile"/> is read and written, generated at build time: reflection is not there in trimmed programs.
/// </summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ChoiceFileJson : JsonSerializerContext;
