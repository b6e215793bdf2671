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
        (new WarmUpSchedule(20, new CosineSchedule()), 20, 1), (new WarmUpSchedule(20, new CosineSchedule()), 60, 0.5),
            (new WarmUpSchedule(20, new CosineSchedule()), 100, 0),
    ];

    [TestCaseSource(nameof(Known))]
    public void Factors((Schedule Schedule, long Step, double Factor) known) =>
        Assert.That(known.Schedule.Factor(known.Step, 10, 101), Is.EqualTo(known.Factor).Within(1e-7));

    [Test]
    public void ATrainingOfOneStepHasAFactorToo() => Assert.That(new CosineSchedule().Factor(0, 1, 1), Is.EqualTo(1));
}
