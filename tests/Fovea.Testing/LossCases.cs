using Fovea.Graph;
using Fovea.Losses;
using Fovea.Verification;

namespace Fovea.Testing;

/// <summary>Losses as graphs: the tests of operations compare them and their gradients with float64 and with finite differences.</summary>
internal static class LossCases
{
    public static IEnumerable<GraphCase> All
    {
        get
        {
            (string Name, Loss Loss)[] elementwise =
            [
                ("mean squared error", new MeanSquaredErrorLoss()), ("mean absolute error", new MeanAbsoluteErrorLoss()),
                ("Huber", new HuberLoss()), ("Huber with δ 0.3", new HuberLoss(0.3f)),
                    ("binary cross-entropy", new BinaryCrossEntropyLoss()),
            ];
            foreach ((string name, Loss loss) in elementwise)
            {
                yield return new($"{name} of 5×3", r => loss.Apply(r.Input(5, 3), r.Input(5, 3)));
                yield return new(
                    $"{name} of 4×3×2, weighted", r => loss.Apply(r.Input(4, 3, 2), r.Input(4, 3, 2), r.Input(new Shape(4), above0: true)));
            }
            foreach (float smoothing in new[] { 0, 0.2f })
            {
                var loss = new SoftmaxCrossEntropyLoss(smoothing);
                yield return new($"cross-entropy of probabilities, smoothing {smoothing}",
                    r => loss.Apply(r.Input(6, 4).Scale(3), Probabilities(r, 6, 4)));
                yield return new($"cross-entropy of sequences, weighted, smoothing {smoothing}",
                    r => loss.Apply(r.Input(3, 5, 4).Scale(3), Probabilities(r, 3, 5, 4), r.Input(new Shape(3), above0: true)));
            }
            yield return new("binary cross-entropy of logits far from 0",
                r => new BinaryCrossEntropyLoss().Apply(r.Input(7, 3).Scale(60), r.Input(7, 3).Sigmoid()));
        }
    }

    private static Value Probabilities(GraphRun run, params ReadOnlySpan<int> sizes) => run.Input(sizes).Softmax();
}
