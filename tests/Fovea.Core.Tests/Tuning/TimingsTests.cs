using Fovea.Core.Tuning;

namespace Fovea.Core.Tests;

public class TimingsTests
{
    [TestCase(new[] { 3.0 }, 3, 3)]
    [TestCase(new[] { 9.0, 1, 5 }, 5, 1)]
    [TestCase(new[] { 4.0, 1, 100, 2 }, 3, 1)]
    public void MedianAndMinimum(double[] seconds, double median, double min)
    {
        var timings = new Timings();
        foreach (double time in seconds) timings.Add(time);
        Assert.That((timings.Median, timings.Min, timings.Count), Is.EqualTo((median, min, seconds.Length)));
    }

    [Test]
    public void SlowRunsAreRepeatedAtLeastThreeTimes()
    {
        int runs = 0;
        Timings timings = Timings.Repeat(
            () =>
            {
                runs++;
                Thread.Sleep(5);
            },
            seconds: 0.001,
            CancellationToken.None);
        Assert.That((runs, timings.Count), Is.EqualTo((5, 3)), "two to warm up, three that count");
        Assert.That(timings.Min, Is.InRange(0.004, timings.Median));
    }

    [Test]
    public void CancellationEndsTheRepeats()
    {
        using var source = new CancellationTokenSource();
        Assert.That(() => Timings.Repeat(source.Cancel, 100, source.Token), Throws.InstanceOf<OperationCanceledException>());
    }
}
