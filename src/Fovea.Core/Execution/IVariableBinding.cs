namespace Fovea.Execution;

/// <summary>
/// The variables of one executable on one device. The host's tensor is what the user sees; where a device has memory of its own, a
/// run brings stale copies up to date before it begins, and its results reach the host when somebody asks for them, or at the
/// latest when the last binding goes.
/// </summary>
public interface IVariableBinding : IDisposable
{
    /// <summary>Where a variable lies.</summary>
    BufferView View(Variable variable);

    /// <summary>Begins a run: brings copies up to date. Until <see cref="End"/> no other thread queues work.</summary>
    void Begin();

    /// <summary>Ends a run: what it replaced is now newer here than anywhere else.</summary>
    void End();
}
