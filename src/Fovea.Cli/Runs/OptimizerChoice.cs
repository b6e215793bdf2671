using Fovea.Optimizers;

namespace Fovea.Cli.Runs;

/// <summary>An optimizer by its name on the command line.</summary>
/// <param name="Name">The name.</param>
/// <param name="Rate">
/// Which share of the learning rate of plain gradient descent serves about as well: adaptive optimizers take steps of about the learning
/// rate itself, the others of a fraction.
/// </param>
/// <param name="Usual">The optimizer with its usual numbers.</param>
/// <param name="Is">Whether an optimizer is of this kind.</param>
internal sealed record OptimizerChoice(string Name, float Rate, Optimizer Usual, Func<Optimizer, bool> Is)
{
    private const float Adaptive = 1 / 20f;

    public static OptimizerChoice[] All { get; } =
    [
        new("sgd", 1, new Sgd(1), own => own is Sgd { Momentum: 0 }),
        new("momentum", 1, new Sgd(1, 0.9f), own => own is Sgd { Momentum: > 0, Nesterov: false }),
        new("nesterov", 1, new Sgd(1, 0.9f, Nesterov: true), own => own is Sgd { Momentum: > 0, Nesterov: true }),
        new("adagrad", 1 / 5f, new Adagrad(), own => own is Adagrad),
        new("rmsprop", Adaptive, new RmsProp(), own => own is RmsProp),
        new("adam", Adaptive, new Adam(), own => own is Adam),
        new("adamw", Adaptive, new AdamW(), own => own is AdamW),
        new("nadam", Adaptive, new NAdam(), own => own is NAdam),
        new("lion", 1 / 100f, new Lion(), own => own is Lion),
    ];

    public static OptimizerChoice Find(string name) => All.Single(choice => choice.Name == name);

    /// <summary>The choice that a model's own optimizer is.</summary>
    public static OptimizerChoice Of(Optimizer own) => All.Single(choice => choice.Is(own));

    /// <summary>Whether it takes a momentum.</summary>
    public bool HasMomentum => Usual is Sgd { Momentum: > 0 };
}
