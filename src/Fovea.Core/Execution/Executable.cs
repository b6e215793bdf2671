using Fovea.Compilation;
using Fovea.Core;
using Fovea.Core.Memory;
using Fovea.Core.Tuning;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Execution;

/// <summary>
/// A graph that is ready to run: lowered, planned, bound to memory. Running it allocates nothing. Write the inputs, run, read the
/// fetches. One thread at a time may use it; compile another one for another thread.
/// </summary>
public sealed class Executable : IDisposable
{
    private readonly IBackend backend;
    private readonly IStep[] steps;
    private readonly StepBuffers[] buffers;
    private readonly DeviceBuffer? arena;
    private readonly Dictionary<string, ExecutableInput> inputs = [];
    private readonly Action? checkDevice;
    private readonly (BufferView View, TensorSpec Spec)[] fetches;
    private readonly Variable[] variables;
    private readonly IVariableBinding binding;
    private readonly Node[] nodes;
    private readonly StepRunner? runner;
    private readonly List<ConvolutionChoice> convolutions = [];
    private readonly KeptInput[] kept = [];
    private readonly IProgress<PreparationProgress>? progress;
    private bool disposed, ready;

    internal Executable(ComputationGraph graph, IReadOnlyList<Value> wanted, IBackend backend, CompileOptions? options = null,
        Action? checkDevice = null, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        (this.backend, this.checkDevice, this.progress) = (backend, checkDevice, progress);
        for (int i = 0; i < wanted.Count; i++)
        {
            if (wanted[i].Graph != graph)
                throw new ArgumentException($"Fetch {i}, {wanted[i].Spec}, is a value of another graph than the one that is compiled. "
                    + "Compile the graph that the value was built in, which is its Graph.", nameof(wanted));
        }
        Program needed = Program.From(graph, wanted);
        if (needed.Nodes.Count == 0)
            throw new ArgumentException("There is nothing to compute: no value is fetched and no variable updated.", nameof(wanted));
        Program program = Fusion.Apply(needed).ScheduleUpdates();
        if (backend.UpdateGroupBytes > 0) program = UpdateGrouping.Apply(program, backend.UpdateGroupBytes);
        nodes = [.. program.Nodes.Where(node => node.Op is not (InputOp or VariableOp) && !node.Op.IsView)];
        steps = Lower(options ?? CompileOptions.Default, cancellationToken);
        Plan = MemoryPlanner.Plan(program, nodes, [.. steps.Select(step => step.WorkspaceBytes)]);
        variables = [.. program.Nodes.Select(node => node.Op).OfType<VariableOp>().Select(op => op.Variable)];
        binding = backend.Bind(variables, [.. program.Nodes
            .SelectMany(node => node.Replaced)
            .Select(input => input.Producer.Op).OfType<VariableOp>().Select(op => op.Variable)]);
        try
        {
            arena = backend.Allocate(Plan.PeakBytes);
            arena.Label = $"the arena of {nodes.Length} steps";
            buffers = [.. nodes.Select((node, i) => new StepBuffers([.. node.Inputs.Select(View)], [.. node.Outputs.Select(View)],
                Plan.Workspaces[i] is { } block ? new BufferView(arena, block.Offset, block.Bytes) : default))];
            for (int i = 0; i < steps.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Prepare(i);
            }
            kept = [.. FindKept(program)];
        }
        catch (DeviceOutOfMemoryException exception)
        {
            Dispose();
            throw exception.WithDetails(
                $"The plan needs {MemoryPlan.Size(Plan.PeakBytes)} at once; its largest tensors are "
                + string.Join(", ", Plan.Largest(5).Select(block => $"{block.Label} ({MemoryPlan.Size(block.Bytes)})"))
                + ". Use a smaller batch or input.");
        }
        catch
        {
            Dispose();
            throw;
        }
        fetches = [.. program.Fetches.Select(fetch => (View(fetch), fetch.Spec))];
        foreach (Node node in program.Nodes)
        {
            if (node.Op is InputOp input) inputs[input.Label] = new ExecutableInput(View(node.Outputs[0]), input.Spec);
        }
        MultiplyAdds = nodes.Sum(node => node.MultiplyAdds);
        runner = new StepRunner(backend, RunSteps);
    }

    /// <summary>How the memory is used.</summary>
    public MemoryPlan Plan { get; }

    /// <summary>Multiply-adds of convolutions and matrix products in one run.</summary>
    public long MultiplyAdds { get; }

    /// <summary>How each convolution is computed, in the order of the steps.</summary>
    public IReadOnlyList<ConvolutionChoice> Convolutions => convolutions;

    /// <summary>The device memory that it holds besides the variables: the arena, and other forms of variables that steps keep.</summary>
    public long MemoryBytes => Plan.PeakBytes + kept.Sum(input => input.Bytes);

    /// <summary>How many variables are kept in another form from run to run.</summary>
    internal int KeptInputs => kept.Length;

    /// <summary>The names of the inputs that a run reads.</summary>
    public IReadOnlyCollection<string> Inputs => inputs.Keys;

    /// <summary>The variables that a run reads or updates.</summary>
    public IReadOnlyList<Variable> Variables => variables;

    /// <summary>Why runs are not recorded; null where they are, or may still be.</summary>
    internal string? RecordingProblem => runner?.Problem;

    /// <summary>Whether runs are replayed from a recording.</summary>
    internal bool IsRecorded => runner?.IsRecorded == true;

    /// <summary>
    /// Waits until kernels that a run needs are compiled. The first run does so by itself; this may be cancelled, and may wait meanwhile.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; compilation goes on.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The executable or its device has been disposed.</exception>
    public void Prepare(CancellationToken cancellationToken = default)
    {
        CheckAlive();
        if (!ready) backend.Ready(progress, cancellationToken);
        ready = true;
    }

    /// <summary>Runs every step. Results of the last run are gone.</summary>
    /// <remarks>Where the device can, the second run is recorded, and from then on a run is a single launch.</remarks>
    /// <exception cref="ObjectDisposedException">The executable or its device has been disposed.</exception>
    /// <exception cref="ArgumentException">An operation refuses what it finds, such as a label that is no class.</exception>
    /// <exception cref="InvalidOperationException">An input was not written since the last run; the message names it.</exception>
    public void Run()
    {
        CheckAlive();
        CheckWritten();
        if (!ready) Prepare(CancellationToken.None);
        binding.Begin();
        try
        {
            foreach (KeptInput input in kept) input.Refresh();
            runner!.Run();
        }
        finally
        {
            binding.End();
        }
        foreach (ExecutableInput input in inputs.Values) input.IsWritten = false;
    }

    /// <summary>Measures each step by running all of them several times.</summary>
    /// <param name="writeInputs">Writes the inputs before each run.</param>
    /// <param name="runs">How many times.</param>
    /// <returns>For each step its layer, its operation and the median of its times in milliseconds.</returns>
    public IReadOnlyList<StepTiming> Profile(Action writeInputs, int runs = 5)
    {
        Require.Positive(runs, "The number of runs");
        CheckAlive();
        Timings[] times = [.. steps.Select(_ => new Timings())];
        for (int run = 0; run < runs; run++)
        {
            writeInputs();
            CheckWritten();
            binding.Begin();
            try
            {
                foreach (KeptInput input in kept) input.Refresh();
                backend.Synchronize();
                for (int i = 0; i < steps.Length; i++)
                {
                    times[i].Add(() =>
                    {
                        steps[i].Run(buffers[i]);
                        backend.Synchronize();
                    });
                }
            }
            finally
            {
                binding.End();
            }
            foreach (ExecutableInput input in inputs.Values) input.IsWritten = false;
        }
        return [.. nodes.Select((node, i) => new StepTiming(node.Path, node.Op.Name, times[i].Median * 1e3, node.MultiplyAdds))];
    }

    /// <summary>Writes an input. Every input must be written before every run: a run may reuse its memory.</summary>
    /// <param name="name">The input's name.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <exception cref="ArgumentException">There is no such input, or it has another size.</exception>
    public void Write(string name, ReadOnlySpan<float> values) => Write(name, values, DType.Float32);

    /// <inheritdoc cref="Write(string, ReadOnlySpan{float})"/>
    public void Write(string name, ReadOnlySpan<int> values) => Write(name, values, DType.Int32);

    /// <summary>Reads a fetch of the last run.</summary>
    /// <param name="fetch">Its place in the list of fetches.</param>
    /// <param name="values">Where to write its elements, row-major.</param>
    /// <exception cref="ArgumentException">The fetch has another size or type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such fetch.</exception>
    public void Read(int fetch, Span<float> values)
    {
        CheckAlive();
        if ((uint)fetch >= (uint)fetches.Length)
            throw new ArgumentOutOfRangeException(nameof(fetch), fetches.Length == 0
                ? $"There is no fetch {fetch}: nothing was fetched. Name what is to be read when compiling."
                : $"There is no fetch {fetch}: they are numbered as when compiling, here from 0 to {fetches.Length - 1}.");
        (BufferView view, TensorSpec spec) = fetches[fetch];
        if (spec.DType != DType.Float32)
            throw new ArgumentException($"Fetch {fetch} is {spec.DType} and cannot be read as floats.", nameof(fetch));
        if (values.Length != spec.Shape.Count)
            throw new ArgumentException(
            $"Fetch {fetch} is {spec} with {spec.Shape.Count} elements, but there is room for {values.Length}.", nameof(values));
        backend.ReadAll(view, values);
    }

    /// <summary>Reads a fetch that is a single number.</summary>
    public float Read(int fetch)
    {
        float value = 0;
        Read(fetch, new Span<float>(ref value));
        return value;
    }

    /// <summary>Gives the memory back. Variables keep their values.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        runner?.Dispose();
        binding.Dispose();
        foreach (KeptInput input in kept) input.Dispose();
        foreach (IDisposable step in steps.OfType<IDisposable>()) step.Dispose();
        arena?.Dispose();
    }

    private void Write<T>(string name, ReadOnlySpan<T> values, DType dtype)
        where T : unmanaged
    {
        CheckAlive();
        if (!inputs.TryGetValue(name, out ExecutableInput? input))
            throw new ArgumentException($"There is no input '{name}'; the inputs are: {string.Join(", ", inputs.Keys)}.", nameof(name));
        if (input.Spec.DType != dtype)
            throw new ArgumentException($"Input '{name}' takes {input.Spec.DType}, not {dtype}.", nameof(values));
        if (input.Spec.Shape.Count != values.Length)
            throw new ArgumentException(
                $"Input '{name}' is {input.Spec} with {input.Spec.Shape.Count} elements, but {values.Length} were given.",
                nameof(values));
        backend.WriteAll(input.View, values);
        input.IsWritten = true;
    }

    private void CheckAlive()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        checkDevice?.Invoke();
    }

    /// <summary>What lies in the place of an input that was not written are the remains of another run, or of nothing.</summary>
    private void CheckWritten()
    {
        foreach ((_, ExecutableInput input) in inputs)
        {
            if (input.IsWritten) continue;
            string unwritten = string.Join(", ", inputs.Where(item => !item.Value.IsWritten).Select(item => $"'{item.Key}'"));
            throw new InvalidOperationException(
                $"Not written before this run: {unwritten}. Every input must be written with Write before every run.");
        }
    }

    private void RunSteps()
    {
        for (int i = 0; i < steps.Length; i++) steps[i].Run(buffers[i]);
    }

    private BufferView View(Value value)
    {
        Value root = value;
        while (root.Producer.Op.IsView) root = root.Producer.Inputs[0];
        if (root.Producer.Op is VariableOp variable) return binding.View(variable.Variable);
        return new BufferView(arena, Plan.Values[root].Offset, value.Spec.Bytes);
    }

    /// <summary>Steps that may keep another form of a variable, since no step replaces it.</summary>
    private IEnumerable<KeptInput> FindKept(Program program)
    {
        HashSet<Value> replaced = [.. program.Nodes.SelectMany(node => node.Replaced)];
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i] is not IKeepingStep { KeptBytes: > 0 } step) continue;
            Value input = nodes[i].Inputs[step.KeptInput];
            if (input.Producer.Op is VariableOp { Variable: { } variable } && !replaced.Contains(input))
                yield return new KeptInput(step, buffers[i], variable, backend.Allocate(step.KeptBytes));
        }
    }

    /// <summary>Makes all steps, or none.</summary>
    private IStep[] Lower(CompileOptions options, CancellationToken cancellationToken)
    {
        var lowered = new List<IStep>(nodes.Length);
        try
        {
            foreach (Node node in nodes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(new PreparationProgress(PreparationPhase.Lowering, lowered.Count, nodes.Length, node.Path));
                lowered.Add(Lower(node, options, cancellationToken));
            }
            return [.. lowered];
        }
        catch
        {
            foreach (IDisposable step in lowered.OfType<IDisposable>()) step.Dispose();
            throw;
        }
    }

    private IStep Lower(Node node, CompileOptions options, CancellationToken cancellationToken)
    {
        try
        {
            IStep step = backend.Lower(node, options, progress, cancellationToken);
            if (step is ConvolutionStep convolution) convolutions.Add(convolution.Choice);
            return step;
        }
        catch (NotSupportedException exception) when (node.Path.Length > 0)
        {
            throw new NotSupportedException($"{node.Path}: {exception.Message}", exception);
        }
        catch (ArgumentException exception) when (exception.GetType() == typeof(ArgumentException) && node.Path.Length > 0)
        {
            throw new ArgumentException($"{node.Path}: {exception.Message}", exception);
        }
    }

    private void Prepare(int step)
    {
        string path = nodes[step].Path;
        try
        {
            steps[step].Prepare(buffers[step]);
        }
        catch (KernelCompilationException exception) when (path.Length > 0)
        {
            throw new KernelCompilationException($"{path}: {exception.Message}", exception);
        }
        catch (NotSupportedException exception)
        {
            throw new NotSupportedException(
                $"{(path.Length > 0 ? $"{path}: " : "")}{nodes[step].Op.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>Where an input lies, and whether it was written since the last run.</summary>
    private sealed class ExecutableInput(BufferView view, TensorSpec spec)
    {
        public BufferView View { get; } = view;

        public TensorSpec Spec { get; } = spec;

        public bool IsWritten { get; set; }
    }
}
