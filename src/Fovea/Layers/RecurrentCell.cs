using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Layers;

/// <summary>The parameters of one layer and direction.</summary>
internal readonly record struct RecurrentWeights(Value Input, Value State, Value? InputBias, Value? StateBias);

/// <summary>What one step of a recurrent layer does.</summary>
/// <param name="Gates">How many vectors of the state's size it computes.</param>
/// <param name="States">How many vectors it keeps; the first is given on.</param>
/// <param name="Step">
/// Gives the state after a step from the product of its input, N×gates·hidden, the state before it, and the product of what was given on.
/// </param>
internal sealed record RecurrentCell(int Gates, int States, Func<Value, Value[], Value, Value[]> Step)
{
    public static RecurrentCell Rnn { get; } = new(1, 1, (input, _, product) => [(input + product).Tanh()]);

    public static RecurrentCell Lstm { get; } = new(4, 2, (input, state, product) =>
    {
        Value all = input + product;
        Value cell = (Gate(all, 1, 4).Sigmoid() * state[1]) + (Gate(all, 0, 4).Sigmoid() * Gate(all, 2, 4).Tanh());
        return [Gate(all, 3, 4).Sigmoid() * cell.Tanh(), cell];
    });

    public static RecurrentCell Gru { get; } = new(3, 1, (input, state, product) =>
    {
        Value reset = (Gate(input, 0, 3) + Gate(product, 0, 3)).Sigmoid(), update = (Gate(input, 1, 3) + Gate(product, 1, 3)).Sigmoid();
        Value candidate = (Gate(input, 2, 3) + (reset * Gate(product, 2, 3))).Tanh();
        return [candidate + (update * (state[0] - candidate))];
    });

    /// <summary>Goes through a sequence.</summary>
    /// <param name="sequence">T×N×features.</param>
    /// <param name="start">The state before the first step, N×hidden each.</param>
    /// <param name="weights">The parameters.</param>
    /// <param name="mask">T×N×1: where it is 0, the state stays and the output is 0; null if all steps count.</param>
    /// <param name="reverse">Whether to begin at the end.</param>
    /// <returns>T×N×hidden, and the state after the last step.</returns>
    public (Value Outputs, Value[] Final) Run(Value sequence, Value[] start, in RecurrentWeights weights, Value? mask, bool reverse)
    {
        int steps = sequence.Shape[0], examples = sequence.Shape[1], hidden = start[0].Shape[1];
        Value inputs = Product(sequence.Reshape(new Shape(steps * examples, sequence.Shape[2])), weights.Input, weights.InputBias);
        Value[] state = start;
        var outputs = new Value[steps];
        for (int i = 0; i < steps; i++)
        {
            int step = reverse ? steps - 1 - i : i;
            Value[] next =
                Step(inputs.Slice(0, step * examples, examples), state, Product(state[0], weights.State, weights.StateBias));
            if (mask is null)
            {
                state = next;
                outputs[step] = state[0];
                continue;
            }
            Value runs = mask.Slice(0, step, 1).Reshape(new Shape(examples, 1));
            state = [.. next.Zip(state, (after, before) => before + ((after - before) * runs))];
            outputs[step] = next[0] * runs;
        }
        Shape one = new(1, examples, hidden);
        return (ArrangementOperations.Concat(0, [.. outputs.Select(output => output.Reshape(one))]), state);
    }

    private static Value Product(Value x, Value weight, Value? bias)
    {
        var op = new MatrixProductOp(TransposeA: false, TransposeB: true);
        return bias is null ? x.Graph.Add(op, x, weight) : x.Graph.Add(op, x, weight, bias);
    }

    private static Value Gate(Value all, int gate, int gates) => all.Slice(1, gate * (all.Shape[1] / gates), all.Shape[1] / gates);
}
