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
        line.Update($"epoch {p.Epoch}/{p.Epochs}", (double)p.Batch / p.Batches,
        [
            new(Show.Text($"{p.Batch}/{p.Batches}"), 3), new(Show.Text($"loss {p.MeanLoss:0.0000}"), 0),
            new(Show.Text($"accuracy {p.Accuracy:0.0000}"), 1), new($"{speed} images/s", 4),
            new($"{Show.Duration(p.TimeLeft)} left", 2),
        ]);
    }

    public void Evaluating(int epoch)
    {
        if (hasTest) line.Update($"epoch {epoch}/{epochs} testing…", null, [], now: true);
    }

    public void BatchEvaluated(int epoch, in EvaluationProgress progress) => line.Update(
        $"epoch {epoch}/{epochs} testing", (double)progress.Done / progress.Total,
        [new($"{Show.Count(progress.Done)} of {Show.Count(progress.Total)}", 0)]);

    public void EpochEnded(EpochResult result)
    {
        string train = Show.Text($"{result.TrainLoss,10:0.0000}  {result.TrainAccuracy,8:0.0000}");
        string test = hasTest ? $"  {Show.Fraction(result.TestLoss),9}  [green]{Show.Fraction(result.TestAccuracy),8}[/]" : "";
        line.WriteLine(Show.Text($"{result.Epoch,4}/{epochs,-4}{train}{test}  {result.Seconds,5:0.0} s"));
    }

    private void Write(string text) => line.WriteLine(Markup.Escape(WordWrap.Of(text, line.Width)));
}
