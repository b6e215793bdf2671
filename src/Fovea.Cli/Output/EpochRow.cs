using Fovea.Training;

namespace Fovea.Cli.Output;

/// <summary>An epoch as the command's JSON has it; the fields are part of the command's contract.</summary>
internal sealed record EpochRow(int Epoch, double TrainLoss, double TrainAccuracy, double TestLoss, double TestAccuracy, double Seconds)
{
    public static EpochRow Of(EpochResult result) =>
        new(result.Epoch, result.TrainLoss, result.TrainAccuracy, result.TestLoss, result.TestAccuracy, result.Seconds);
}
