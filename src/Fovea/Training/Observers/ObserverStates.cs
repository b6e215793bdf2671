namespace Fovea.Training;

/// <summary>The observers of one training that remember something, each under a name of its own.</summary>
internal sealed class ObserverStates
{
    private readonly List<(string Name, ITrainingObserver Observer)> named = [];

    public ObserverStates(ITrainingObserver? observer)
    {
        foreach (ITrainingObserver each in ObserverGroup.All(observer))
        {
            if (each.StateName is not { } name) continue;
            // Two of a kind are told apart by their order.
            int before = named.Count(item => item.Name == name || item.Name.StartsWith($"{name}#", StringComparison.Ordinal));
            named.Add((before == 0 ? name : FormattableString.Invariant($"{name}#{before + 1}"), each));
        }
    }

    /// <summary>What they remember now.</summary>
    public IReadOnlyList<ObserverState> Capture() => [.. named.Select(item =>
    {
        var state = new ObserverState(item.Name);
        item.Observer.SaveState(state);
        return state;
    })];

    /// <summary>Places for what they remembered.</summary>
    public IReadOnlyList<ObserverState> Empty() => [.. named.Select(item => new ObserverState(item.Name))];

    /// <summary>Hands them what they remembered.</summary>
    public void Restore(IReadOnlyList<ObserverState> states, IReadOnlyCollection<string> known)
    {
        for (int i = 0; i < states.Count; i++)
        {
            if (known.Contains(states[i].Name)) named[i].Observer.LoadState(states[i]);
        }
    }
}
