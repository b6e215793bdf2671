namespace Fovea;

/// <summary>A variable's value in a device's memory.</summary>
internal interface IVariableCopy
{
    /// <summary>Brings the value to the host's memory if it is the newest.</summary>
    void Download();
}

/// <summary>A tensor that outlives a run: a network's parameter, or what an optimizer remembers of it.</summary>
/// <param name="name">Its name, unique within its network.</param>
/// <param name="shape">Its sizes.</param>
/// <remarks>
/// The value is seen in the host's memory. A device with memory of its own keeps a copy while something compiled for it lives. Ask
/// for <see cref="Value"/> anew after every run, and before writing: asking brings home what a device has computed, and sends what
/// was written to the devices before their next run. A span that was kept from before a run does neither.
/// </remarks>
public class Variable(string name, Shape shape)
{
    private Tensor? value;
    private IVariableCopy? newest;
    private long version;

    /// <summary>Its name, such as <c>features.0.weight</c>.</summary>
    public string Name { get; internal set; } = name;

    /// <summary>Its sizes.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Its present value; zeros until something is written.</summary>
    /// <exception cref="Core.DeviceFailureException">A device that has a newer value has failed.</exception>
    public Tensor Value
    {
        get
        {
            FetchNewest();
            MarkHostChanged();
            return Host;
        }
    }

    /// <summary>Gives it another value. A tensor is kept, not copied, where there has been none so far.</summary>
    internal void Take(Tensor tensor)
    {
        if (Interlocked.CompareExchange(ref value, tensor, null) is null) MarkHostChanged();
        else tensor.Span.CopyTo(Value.Span);
    }

    /// <summary>Its present value, to be read only: copies on devices stay valid.</summary>
    internal ReadOnlySpan<float> Read()
    {
        FetchNewest();
        return Host.Span;
    }

    /// <summary>The host's memory, whether or not a device has a newer value.</summary>
    internal Tensor Host => value ?? Interlocked.CompareExchange(ref value, new Tensor(Shape), null) ?? value;

    /// <summary>Grows with every change, wherever it is made: a copy of another version is stale.</summary>
    internal long Version => Volatile.Read(ref version);

    /// <summary>
    /// The copy that is newer than the host's memory, if there is one. Changed under the lock of that copy's device only.
    /// </summary>
    internal IVariableCopy? Newest
    {
        get => Volatile.Read(ref newest);
        set => Volatile.Write(ref newest, value);
    }

    /// <summary>Brings the host's memory up to date.</summary>
    internal void FetchNewest()
    {
        while (Newest is { } copy) copy.Download();
    }

    /// <summary>Says that the host's memory may have been written to.</summary>
    internal long MarkHostChanged() => Interlocked.Increment(ref version);
}
