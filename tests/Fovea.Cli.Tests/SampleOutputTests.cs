using Fovea.Cli.Output;
using Fovea.Data;
using Fovea.Files;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>
/// What pages show of the command's output is what the command prints. <c>FOVEA_WRITE_OUTPUT=1</c> writes it into the pages instead.
/// </summary>
[NonParallelizable]
internal sealed class SampleOutputTests
{
    private const string WriteVariable = "FOVEA_WRITE_OUTPUT", DeviceVariable = "FOVEA_DEVICE", NotRun = "not run, ";

    private const int TerminalWidth = 140;

    private static readonly string Root = HouseTests.FindRoot();

    private static IEnumerable<string> Pages =>
        from page in (string[])[.. Directory.GetFiles(Root, "*.md"), .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md")]
        where SamplePage.Of(File.ReadAllLines(page)).Any()
        orderby page
        select Path.GetRelativePath(Root, page);

    [TestCaseSource(nameof(Pages))]
    public async Task APageShowsWhatTheCommandPrints(string page)
    {
        string file = Path.Combine(Root, page);
        string[] lines = await File.ReadAllLinesAsync(file);
        List<string> written = [.. lines];
        var differences = new List<string>();
        string before = Environment.CurrentDirectory;
        string? deviceBefore = Environment.GetEnvironmentVariable(DeviceVariable);
        using var folder = new TempFolder();
        Environment.CurrentDirectory = folder.Path;
        Environment.SetEnvironmentVariable(DeviceVariable, "cpu");
        try
        {
            WriteAFive(folder["five.png"]);
            foreach (Sample sample in SamplePage.Of(lines))
            {
                Assert.That(sample.Marker, Is.Not.Null,
                    $"{page}:{sample.Line}: before the fence '<!-- output: … -->' says what varies, '<!-- output -->' that nothing does");
                if (sample.Marker!.StartsWith(NotRun, StringComparison.Ordinal)) continue;
                string[] printed = SamplePage.Excerpt(sample.Output, await Print(sample.Command));
                if (Masked(printed, sample.Marker).SequenceEqual(Masked(sample.Output, sample.Marker))) continue;
                differences.Add($"{page}:{sample.Line}: {sample.Command} prints\n{string.Join('\n', printed)}");
                int at = sample.Line + written.Count - lines.Length;
                written.RemoveRange(at, sample.Output.Length);
                written.InsertRange(at, printed);
            }
        }
        finally
        {
            Environment.CurrentDirectory = before;
            Environment.SetEnvironmentVariable(DeviceVariable, deviceBefore);
        }
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
            await File.WriteAllTextAsync(file, string.Join('\n', written) + "\n");
        else
            Assert.That(differences, Is.Empty, $"{WriteVariable}=1 writes what the commands print into the pages");
    }

    [Test]
    public void PagesHaveSamples() => Assert.That(Pages, Has.Member(Path.Combine("docs", "command-line.md")));

    [Test]
    public void WhatVariesIsNotCompared()
    {
        Assert.That(SamplePage.Mask("  1/5  0.5036  0.84  1.3 s", "times, figures"), Is.EqualTo(" 1/5 <figure> <figure> <time>"));
        Assert.That(SamplePage.Mask("on cpu (2 cores, 512-bit vectors)", "device"), Is.EqualTo("on <device>"));
        Assert.That(SamplePage.Mask("pool1  MaxPool2d  2×2", "times"), Is.EqualTo("pool1  MaxPool2d  2×2"));
        Assert.That(() => SamplePage.Mask("", "time"), Throws.ArgumentException.With.Message.Contains("'time'"));
    }

    [Test]
    public void WhatAPageLeavesOutStaysLeftOut()
    {
        string[] printed = ["a", "b", "c", "d", "e"];
        Assert.That(SamplePage.Excerpt(["x", "…", "y", "z"], printed), Is.EqualTo(new[] { "a", "…", "d", "e" }));
        Assert.That(SamplePage.Excerpt(["x", "y"], printed), Is.EqualTo(printed));
        Assert.That(SamplePage.Excerpt(["…"], printed), Is.EqualTo(new[] { "…" }));
    }

    [Test]
    public void SamplesAreFoundWithTheirMarkers()
    {
        string[] page =
        [
            "$ fovea outside", "<!-- output: times -->", "```", "$ fovea one", "1", "$ fovea two", "```",
            "", "```", "$ fovea three", "```", "<!-- output -->", "```", "$ fovea four", "```",
        ];
        Sample[] samples = [.. SamplePage.Of(page)];
        Assert.That(samples.Select(sample => (sample.Line, sample.Command, sample.Marker, sample.Output.Length)), Is.EqualTo(new[]
        {
            (4, "fovea one", "times", 1), (6, "fovea two", "times", 0), (10, "fovea three", (string?)null, 0), (14, "fovea four", "", 0),
        }));
    }

    /// <summary>What a command prints on a terminal; where a page pipes it to cat, what it prints without one.</summary>
    private static async Task<string[]> Print(string command)
    {
        string[] parts = command.Split(" | ");
        using var terminal = new TestTerminal(TerminalWidth);
        using var pipe = new StringWriter { NewLine = "\n" };
        Host host = parts.Length == 1 ? terminal.Host : new Host(pipe, pipe);
        await new CommandLine(host).RunAsync(parts[0].Split(' ')[1..], CancellationToken.None);
        return parts.Length == 1 ? terminal.Lines : pipe.ToString().TrimEnd('\n').Split('\n');
    }

    private static IEnumerable<string> Masked(string[] lines, string marker) => lines.Select(line => SamplePage.Mask(line, marker));

    /// <summary>The picture that a page predicts.</summary>
    private static void WriteAFive(string path)
    {
        LabelledImages digits = Digits.Generate(50, 1).Train;
        int five = Enumerable.Range(0, digits.Count).First(i => digits.Label(i) == 5);
        new RasterImage(digits.Height, digits.Width, 1, digits.Pixels(five).ToArray()).SavePng(path);
    }
}
