using Fovea.Cli.Output;
using Spectre.Console;

namespace Fovea.Cli.Tests;

/// <summary>What takes long says what it is and how far.</summary>
[TestFixture]
internal sealed class LifeTests
{
    [Test]
    [CancelAfter(30_000)]
    public void ALineThatStaysComesWhereNothingElseWasSaid(CancellationToken limit)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var host = new Host(output, error) { Patience = TimeSpan.FromMilliseconds(1) };
        host.Life.Begin("measuring");
        host.Life.Detail("3 of 7", 3 / 7.0);
        while (Written(error).Length == 0) limit.ThrowIfCancellationRequested();
        Assert.That(Written(error), Does.Match(@"^measuring: 3 of 7 \(\d:\d\d\)\n$"));
        // The next one comes ten seconds later; another activity has a line of its own.
        host.Life.Begin("writing");
        while (!Written(error).Contains("writing (", StringComparison.Ordinal)) limit.ThrowIfCancellationRequested();
        Assert.That(Written(error).Split('\n'), Has.Length.EqualTo(3));
        Assert.That(output.ToString(), Is.Empty);
    }

    [Test]
    [CancelAfter(30_000)]
    public void ATerminalShowsItInTheMovingLineAndTakesItAway(CancellationToken limit)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var screen = new StringWriter { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(screen)
        });
        console.Profile.Width = 80;
        using var host = new Host(output, TextWriter.Null) { Live = new LiveLine(console), Patience = TimeSpan.FromMilliseconds(1) };
        host.Life.Begin("reading cifar10");
        host.Life.Detail("half of it", 0.5);
        const string Frame = "reading cifar10: half of it ━━━━━━━━━━━━──────────── 0:0";
        while (Written(screen).Split(Frame).Length < 3) limit.ThrowIfCancellationRequested();
        host.Life.End();
        Assert.That(Written(screen), Does.EndWith("\r\e[K\e[?25h"), "the line is gone and the cursor back");
        Assert.That(output.ToString(), Is.Empty);
    }

    [Test]
    public void WhatIsDoneInAMomentShowsNothing()
    {
        using var error = new StringWriter();
        using (var host = new Host(TextWriter.Null, error) { Patience = TimeSpan.FromMinutes(1) })
        {
            host.Life.Begin("reading");
            Thread.Sleep(600);
            host.Life.End();
        }
        Assert.That(error.ToString(), Is.Empty);
    }

    [TestCase("epoch 12/20", 139, "epoch 12/20|24|123/6250  loss 2.1234  accuracy 0.1234  1234 images/s  1:23:45 left")]
    [TestCase("epoch 12/20", 79, "epoch 12/20|14|123/6250  loss 2.1234  accuracy 0.1234  1:23:45 left")]
    [TestCase("epoch 12/20", 66, "epoch 12/20|11|loss 2.1234  accuracy 0.1234  1:23:45 left")]
    [TestCase("epoch 12/20", 40, "epoch 12/20|16|loss 2.1234")]
    [TestCase("reading a file of a very long name", 40, "reading a file of a very lo…|0|loss 2.1234")]
    public void TheMovingLineLeavesOutWhatMattersLeast(string before, int width, string expected)
    {
        (string left, int bar, string after) = LiveLine.Layout(before, hasBar: true,
        [
            new("123/6250", 3), new("loss 2.1234", 0), new("accuracy 0.1234", 1), new("1234 images/s", 4), new("1:23:45 left", 2),
        ], width);
        Assert.That($"{left}|{bar}|{after}", Is.EqualTo(expected));
        Assert.That(left.Length + (bar > 0 ? bar + 1 : 0) + 1 + after.Length, Is.LessThanOrEqualTo(width));
    }

    /// <summary>What another thread writes to, read in a way that does not see half of it.</summary>
    private static string Written(StringWriter writer)
    {
        Thread.Sleep(20);
        return writer.ToString();
    }
}
