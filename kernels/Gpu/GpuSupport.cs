using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Fovea.Gpu;

/// <summary>
/// Whether the program may use GPUs. ILGPU emits and reads IL at run time, so it needs the just-in-time compiler and all metadata:
/// in a program that is trimmed or compiled ahead of time the GPU backend is left out.
/// </summary>
internal static class GpuSupport
{
    /// <summary>The name of the switch in runtimeconfig.json, for who knows better.</summary>
    public const string Switch = "Fovea.Gpu.IsSupported";

    /// <summary>Why public members carry an attribute that says so.</summary>
    public const string Reason =
        "ILGPU compiles kernels at run time from their IL. Trimmed and ahead-of-time compiled programs run on the CPU.";

    /// <summary>Why there is no GPU, where <see cref="IsSupported"/> is false.</summary>
    public const string Problem =
        "The GPU backend needs the just-in-time compiler (JIT), which this program runs without: it is trimmed, compiled ahead of " +
        "time, or has PublishAot set. Set PublishAot to false (in a file-based app: #:property PublishAot=false), or use the device 'cpu'.";

    /// <summary>False in trimmed and ahead-of-time compiled programs, where what is behind it is left out.</summary>
    [FeatureSwitchDefinition(Switch)]
    [FeatureGuard(typeof(RequiresDynamicCodeAttribute))]
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    public static bool IsSupported =>
        AppContext.TryGetSwitch(Switch, out bool supported) ? supported : RuntimeFeature.IsDynamicCodeSupported;
}
