using Fovea.Schedules;

namespace Fovea.Tests;

internal sealed class ScheduleTests
{
    // 10 steps an epoch, 101 in all.
    private static readonly (Schedule Schedule, long Step, double Factor)[] Known =
    [
        (Schedule.Constant, 0, 1), (Schedule.Constant, 100, 1),
        (new StepSchedule(3), 0, 1), (new StepSchedule(3), 29, 1), (new StepSchedule(3), 30, 0.1), (new StepSchedule(3), 59, 0.1),
            (new StepSchedule(3), 60, 0.01),
        (new StepSchedule(1, 0.5f), 19, 0.5), (new StepSchedule(1, 0.5f), 20, 0.25),
        (new CosineSchedule(), 0, 1), (new CosineSchedule(), 25, 0.5 + Math.Sqrt(0.125)), (new CosineSchedule(), 50, 0.5),
            (new CosineSchedule(), 100, 0), (new CosineSchedule(), 200, 0),
        (new CosineSchedule(0.2f), 0, 1), (new CosineSchedule(0.2f), 50, 0.6), (new CosineSchedule(0.2f), 100, 0.2),
        (new WarmUpSchedule(5, Schedule.Constant), 0, 0.2), (new WarmUpSchedule(5, Schedule.Constant), 3, 0.8),
        (new WarmUpSchedule(5, Schedule.Constant), 4, 1), (new WarmUpSchedule(5, Schedule.Constant), 5, 1),
        // A warm-up lowers the first steps and moves nothing that comes after them.
        (new WarmUpSchedule(0, Schedule.Constant), 0, 1),
        (new WarmUpSchedule(20, new CosineSchedule()), 25, 0.5 + Math.Sqrt(0.125)),
            (new WarmUpSchedule(20, new CosineSchedule()), 50, 0.5), (new WarmUpSchedule(20, new CosineSchedule()), 100, 0),
        (new WarmUpSchedule(7, new StepSchedule(3)), 29, 1), (new WarmUpSchedule(7, new StepSchedule(3)), 30, 0.1),
            (new WarmUpSchedule(7, new StepSchedule(3)), 60, 0.01), (new WarmUpSchedule(40, new StepSchedule(3)), 29, 0.75),
            (new WarmUpSchedule(40, new StepSchedule(3)), 30, 0.0775),
    ];

    [TestCaseSource(nameof(Known))]
    public void Factors((Schedule Schedule, long Step, double Factor) known) =>
        Assert.That(known.Schedule.Factor(known.Step, 10, 101), Is.EqualTo(known.Factor).Within(1e-7));

    [Test]
    public void ATrainingOfOneStepHasAFactorToo() => Assert.That(new CosineSchedule().Factor(0, 1, 1), Is.EqualTo(1));

    [Test]
    public void ArgumentsAreCheckedWhereTheyAreGiven()
    {
        (Action Make, string Expected)[] wrong =
        [
            (() => _ = new StepSchedule(0), "StepSchedule.Epochs is 0"), (() => _ = new StepSchedule(-1), "StepSchedule.Epochs is -1"),
            (() => _ = new StepSchedule(1) with { Epochs = 0 }, "StepSchedule.Epochs is 0"),
            (() => _ = new StepSchedule(1, -0.1f), "StepSchedule.Gamma is -0.1"),
            (() => _ = new StepSchedule(1, float.NaN), "StepSchedule.Gamma is NaN"),
            (() => _ = new StepSchedule(1) with { Gamma = float.PositiveInfinity }, "StepSchedule.Gamma is Infinity"),
            (() => _ = new CosineSchedule(-0.5f), "CosineSchedule.Minimum is -0.5"),
            (() => _ = new CosineSchedule(1.5f), "CosineSchedule.Minimum is 1.5. Give 0 or more, and at most 1."),
            (() => _ = new CosineSchedule() with { Minimum = float.NaN }, "CosineSchedule.Minimum is NaN"),
            (() => _ = new WarmUpSchedule(-1, Schedule.Constant), "WarmUpSchedule.Steps is -1"),
            (() => _ = new WarmUpSchedule(1, Schedule.Constant) with { Steps = -2 }, "WarmUpSchedule.Steps is -2"),
        ];
        foreach ((Action make, string expected) in wrong)
            Assert.That(make, Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith(expected), expected);
        Assert.That(() => new WarmUpSchedule(1, null!), Throws.ArgumentNullException);
        Assert.That(() => new WarmUpSchedule(1, Schedule.Constant) with { Then = null! }, Throws.ArgumentNullException);
    }
}
