using Fovea.Training;
using Spectre.Console;

namespace Fovea.Cli.Output;

/// <summary>Shows training on a terminal: a line that moves, and one that stays for each finished epoch.</summary>
internal sealed class LiveTraining(LiveLine line, bool hasTest) : ITrainingObserver
{
    private int epochs;

    public void Started(Trainer trainer, long step)
    {
        epochs = trainer.Options.Epochs;
        string resumed = step > 0 ? $", resumed after step {Show.Count(step)}" : "";
        Write($"training {trainer.Network.GetType().Name} ({Show.Count(trainer.Network.ParameterCount)} parameters) on "
            + $"{trainer.Device}{resumed}");
        if (trainer.EpochBatches?.Notice is { } notice) Write(notice);
        line.WriteLine($"[bold]  epoch  train loss  accuracy{(hasTest ? "  test loss  accuracy" : "")}     time[/]");
    }

    public void StepEnded(in TrainingProgress progress)
    {
        TrainingProgress p = progress;
        string speed = p.ExamplesPerSecond >= 100 ? Show.Text($"{p.ExamplesPerSecond:0}") : Show.Text($"{p.ExamplesPerSecond:0.0}");
        string quality = Show.Text($"loss {p.MeanLoss:0.0000}  accuracy {p.Accuracy:0.0000}");
        line.Update($"epoch {p.Epoch}/{p.Epochs}", (double)p.Batch / p.Batches,
            $"{p.Batch}/{p.Batches}  {quality}  {speed} images/s  {Show.Duration(p.TimeLeft)} left");
    }

    public void Evaluating(int epoch)
    {
        if (hasTest) line.Update($"epoch {epoch}/{epochs}", null, $"testing…", now: true);
    }

    public void EpochEnded(EpochResult result)
    {
        string train = Show.Text($"{result.TrainLoss,10:0.0000}  {result.TrainAccuracy,8:0.0000}");
        string test = hasTest ? $"  {Show.Fraction(result.TestLoss),9}  [green]{Show.Fraction(result.TestAccuracy),8}[/]" : "";
        line.WriteLine(Show.Text($"{result.Epoch,4}/{epochs,-4}{train}{test}  {result.Seconds,5:0.0} s"));
    }

    private void Write(string text) => line.WriteLine(Markup.Escape(WordWrap.Of(text, line.Width)));
}
