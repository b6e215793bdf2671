using Fovea.Layers;

namespace Fovea.Training;

/// <summary>What an optimizer remembers, for each parameter in order.</summary>
internal sealed class OptimizerState
{
    public OptimizerState(Network network, Optimizers.Optimizer optimizer)
    {
        Slots = [.. network.Parameters.Select(parameter => (parameter, States(parameter)))];

        IReadOnlyList<Variable> States(Parameter parameter) =>
            [.. optimizer.StateNames.Select(name => new Variable($"optimizer.{name}.{parameter.Name}", parameter.Shape))];
    }

    public IReadOnlyList<(Parameter Parameter, IReadOnlyList<Variable> States)> Slots { get; }

    public IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> Stored =>
        Slots.SelectMany(slot => slot.States.Select(state => (state.Name, state, slot.Parameter.Layout)));
}
