using Fovea.Cli.Output;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>Terminals of 80 and of 140 columns: no line is wider, no word is broken, and nothing is left out.</summary>
[TestFixture]
internal sealed class WidthTests : FolderTests
{
    [TestCase("summary", "vgg16")]
    [TestCase("summary", "lenet5")]
    [TestCase("data", "list")]
    [TestCase("data", "show", "digits", "--count", "3")]
    [TestCase("devices")]
    [TestCase("doctor")]
    [TestCase("kernels", "list", "--model", "lenet5")]
    [TestCase("kernels", "list", "--model", "alexnet")]
    [TestCase("bench", "lenet5", "--batch", "1", "--seconds", "0.001", "--threads", "1")]
    [TestCase("bench", "--gemm", "32,32,32", "--seconds", "0.001")]
    [TestCase("bench", "--conv", "1,8,8,8,8,3,3,1,1", "--seconds", "0.001", "--threads", "1")]
    public async Task ResultsKeepWithinTheTerminal(params string[] args)
    {
        CliResult whole = await CliRun.Run(args);
        Assert.That(whole.Code, Is.Zero, whole.Error);
        foreach (int width in new[] { 80, 140 })
        {
            (CliResult result, _) = await CliRun.OnTerminal(width, args);
            Check(result.Out, width, IsTimed(args) ? null : whole.Out);
        }
    }

    [TestCase(80)]
    [TestCase(140)]
    public async Task TheSelfTestKeepsWithinTheTerminal(int width)
    {
        (CliResult result, _) = await CliRun.OnTerminal(width, "selftest");
        Check(result.Out, width, null);
        Assert.That(result.Out.Split('\n').Where(line => line.StartsWith("pass", StringComparison.Ordinal)), Has.All.Contains(" error "));
    }

    [TestCase(80)]
    [TestCase(140)]
    public async Task HelpAndPredictionsKeepWithinTheTerminal(int width)
    {
        (CliResult help, _) = await CliRun.OnTerminal(width, "--help");
        string whole = (await CliRun.Run("--help")).Out;
        int at = whole.IndexOf("Examples:", StringComparison.Ordinal);
        Check(help.Out[at..], width, whole[at..]);
        await CliRun.Train(Folder["run"]);
        await CliRun.Run("data", "show", "digits", "--count", "1", "--png", Folder["a.png"]);
        (CliResult predicted, _) = await CliRun.OnTerminal(width, "predict", Folder["run"], Folder["a.png"], "--top", "10");
        Check(predicted.Out, width, (await CliRun.Run("predict", Folder["run"], Folder["a.png"], "--top", "10")).Out);
    }

    [TestCase(80)]
    [TestCase(140)]
    public async Task TrainingKeepsWithinTheTerminalAndHasABar(int width)
    {
        (CliResult result, string screen) = await CliRun.OnTerminal(width, ["train", "lenet5", .. CliRun.Short, "--out", Folder["run"]]);
        Check(result.Out, width, null);
        string[] frames = screen.Split('\r', '\n');
        Assert.That(frames.Where(frame => !frame.Contains(Folder.Path, StringComparison.Ordinal)).Select(frame => frame.Length),
            Has.All.LessThanOrEqualTo(width));
        string[] bars = [.. frames.Where(frame => frame.Contains("loss", StringComparison.Ordinal) && frame.Contains('/'))
            .Where(frame => frame.StartsWith("epoch 1", StringComparison.Ordinal))];
        Assert.That(bars, Is.Not.Empty);
        Assert.That(bars.Select(frame => frame.Count(letter => letter is '━' or '─')), Has.All.GreaterThanOrEqualTo(10));
    }

    [Test]
    public async Task OtherProgramsGetWholeLines()
    {
        CliResult result = await CliRun.Run("kernels", "list", "--model", "vgg16");
        string[] lines = result.Out.TrimEnd('\n').Split('\n');
        Assert.That(lines.Skip(2), Has.All.Match(@"^\S+-[0-9a-f]{6} +[\dx×]+  \S.*$"), "a kernel a line");
        Assert.That(lines[1].Length, Is.LessThanOrEqualTo(140), "the rule below the headings");
        Assert.That(lines.Max(line => line.Length), Is.GreaterThan(lines[1].Length), "names are not cut");
    }

    [Test]
    public void ATableThatNothingFitsBecomesBlocks()
    {
        var table = new TextTable("kernel", ">threads", ">registers", "what it is", ">of all");
        table.Add("One.Kernel-123456", "256", "64", "adds", "1.5 %");
        table.AddRule();
        table.Add("Two.Kernel-123456", "64", "", "multiplies", "98.5 %");
        using var writer = new StringWriter { NewLine = "\n" };
        table.Write(writer, 44);
        Assert.That(writer.ToString(), Is.EqualTo("""
            One.Kernel-123456
                threads 256, registers 64, what it is
                adds, of all 1.5 %
            Two.Kernel-123456
                threads 64, what it is multiplies, of
                all 98.5 %

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void TheLastColumnGoesBelowWhereItHasNoRoom()
    {
        var table = new TextTable("name", ">n", "kernel");
        table.Add("Product.Multiply-123456", "128", "Product.Multiply<FirstOperand, SecondOperand>");
        using var writer = new StringWriter { NewLine = "\n" };
        table.Write(writer, 48);
        Assert.That(writer.ToString(), Is.EqualTo("""
            name                       n
                kernel
            ───────────────────────  ───
            Product.Multiply-123456  128
                Product.Multiply<FirstOperand,
                SecondOperand>

            """.ReplaceLineEndings("\n")));
    }

    /// <summary>Whether a command gives other numbers each time.</summary>
    private static bool IsTimed(string[] args) => args[0] is "bench" or "doctor";

    private static void Check(string output, int width, string? whole)
    {
        string[] lines = output.Split('\n');
        // A path is a word that is kept whole: it can then be copied.
        foreach (string line in lines.Where(line => line.Trim().Contains(' ')))
            Assert.That(line.Length, Is.LessThanOrEqualTo(width), line);
        if (whole is null) return;
        HashSet<string> words = [.. Words(whole)];
        Assert.That(Words(output).Except(words), Is.Empty, "words that are broken");
        Assert.That(words.Except(Words(output)), Is.Empty, "words that are left out");

        static IEnumerable<string> Words(string text) => text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.TrimEnd(',')).Where(word => !word.All(letter => letter is '─' or '█' or '▀' or '░' or '▒' or '▓' or '…'));
    }
}
