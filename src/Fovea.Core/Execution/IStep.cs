namespace Fovea.Execution;

/// <summary>One operation, ready to run. One that holds memory of its own is disposable, and disposed with its executable.</summary>
public interface IStep
{
    /// <summary>The scratch memory it needs while it runs, in bytes.</summary>
    long WorkspaceBytes { get; }

    /// <summary>Is told once, before the first run, which buffers the plan gave it.</summary>
    void Prepare(StepBuffers buffers)
    {
    }

    /// <summary>
    /// Runs on the buffers that the plan gave it. Allocates nothing, and does the same every time: where the device can, it is recorded.
    /// </summary>
    void Run(StepBuffers buffers);
}

/// <summary>
/// A step that can keep another form of one of its inputs from run to run, such as filters in the frequency domain. It is told to
/// if that input is a variable that no step of the executable replaces, and again whenever the variable has changed.
/// </summary>
public interface IKeepingStep : IStep
{
    /// <summary>Which input.</summary>
    int KeptInput { get; }

    /// <summary>The memory for the other form in bytes; 0 if there is none to keep.</summary>
    long KeptBytes { get; }

    /// <summary>Computes the other form. From now on <see cref="IStep.Run"/> uses it in place of the input.</summary>
    /// <param name="buffers">The step's buffers.</param>
    /// <param name="kept">Where to keep it: always the same memory.</param>
    void Keep(StepBuffers buffers, BufferView kept);
}
