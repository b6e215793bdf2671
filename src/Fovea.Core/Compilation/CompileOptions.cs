using Fovea.Ops;

namespace Fovea.Compilation;

/// <summary>Whether convolutions are measured to choose among their algorithms.</summary>
public enum Tuning
{
    /// <summary>
    /// If so much is to be done that measuring pays: see <see cref="CompileOptions.RunsThatPay"/> and
    /// <see cref="CompileOptions.WorkThatPays"/>.
    /// </summary>
    WhenItPays,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Never: sizes decide.</summary>
    Never,
}

/// <summary>How a graph is prepared for a device.</summary>
public sealed record CompileOptions
{
    /// <summary>
    /// From so many runs on, measuring may pay: it takes about as long as forty, most of it once for a machine, and often saves a tenth of
    /// each.
    /// </summary>
    public const long RunsThatPay = 1000;

    /// <summary>
    /// A convolution with fewer multiply-adds in all runs together, some seconds of work, is not worth the moment that measuring takes.
    /// </summary>
    public const long WorkThatPays = 200_000_000_000;

    /// <summary>What is used if nothing else is said.</summary>
    public static CompileOptions Default { get; } = new();

    /// <summary>
    /// How convolutions are computed. One to which an algorithm does not apply is computed by
    /// <see cref="ConvolutionAlgorithm.ImplicitGemm"/>.
    /// </summary>
    public ConvolutionAlgorithm ConvolutionAlgorithm { get; init; }

    /// <summary>
    /// The most scratch memory of one convolution in bytes; null for no limit. It does not rule out implicit GEMM, which needs least.
    /// </summary>
    public long? WorkspaceLimit { get; init; }

    /// <summary>
    /// Whether <see cref="ConvolutionAlgorithm.Auto"/> measures what it has not measured before. Without, it chooses by sizes alone.
    /// </summary>
    public Tuning Tuning { get; init; }

    /// <summary>How often the executable will be run, if known.</summary>
    public long ExpectedRuns { get; init; }

    /// <summary>
    /// The same algorithms, and so the same bits, every time: nothing is measured. What <see cref="ChoiceFile"/> says is followed if it is
    /// given, and sizes decide about the rest. <see cref="Ops.ConvolutionAlgorithm.Winograd4"/>, whose rounding reaches beyond what an
    /// output sees, is not taken unless <see cref="ConvolutionAlgorithm"/> says so.
    /// </summary>
    public bool Reproducible { get; init; }

    /// <summary>
    /// The file in which choices are found and, unless <see cref="Reproducible"/>, remembered; null for one of the device in the user's
    /// cache folder.
    /// </summary>
    public string? ChoiceFile { get; init; }

    internal bool Tunes(ConvolutionShape shape) => !Reproducible
        && (Tuning == Tuning.Always
            || (Tuning == Tuning.WhenItPays && ExpectedRuns >= RunsThatPay && (double)ExpectedRuns * shape.MultiplyAdds >= WorkThatPays));
}
