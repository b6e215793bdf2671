using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>
/// How a checkpoint's <see cref="TrainingState"/> is written, generated at build time: reflection is not there in trimmed programs.
/// </summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
