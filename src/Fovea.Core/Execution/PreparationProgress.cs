namespace Fovea.Execution;

/// <summary>What is done before something runs for the first time.</summary>
public enum PreparationPhase
{
    /// <summary>Steps are made of the graph's operations. It is about the layer.</summary>
    Lowering,

    /// <summary>Algorithms of a convolution take turns, to find the fastest. It is about the algorithm and the convolution.</summary>
    Measuring,

    /// <summary>Kernels are compiled.</summary>
    Compiling,
}

/// <summary>How far the preparation of something that is to run is.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Done">How many steps, algorithms or kernels are done.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Subject">What it is about; empty if there is nothing to name.</param>
public readonly record struct PreparationProgress(PreparationPhase Phase, int Done, int Total, string Subject = "")
{
    /// <summary>Says it in a few words, such as "compiling kernels: 3 of 17".</summary>
    public override string ToString()
    {
        string what = Phase switch
        {
            PreparationPhase.Lowering => "preparing steps",
            PreparationPhase.Measuring => "measuring algorithms",
            _ => "compiling kernels",
        };
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{what}: {Done} of {Total}{(Subject.Length > 0 ? $", {Subject}" : "")}");
    }
}
