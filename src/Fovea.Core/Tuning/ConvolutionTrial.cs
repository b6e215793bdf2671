using Fovea.Core.Memory;
using Fovea.Core.Random;
using Fovea.Execution;

namespace Fovea.Core.Tuning;

/// <summary>Memory for one pass of a convolution on numbers drawn for it, on which several algorithms take turns.</summary>
internal sealed class ConvolutionTrial : IDisposable
{
    private readonly IBackend backend;
    private readonly IVariableBinding binding;
    private readonly List<DeviceBuffer> memory = [];
    private readonly BufferView[] inputs;
    private readonly BufferView output;
    private readonly List<Entry> entries = [];

    /// <summary>Allocates the operands and draws them from the normal distribution.</summary>
    public ConvolutionTrial(IBackend backend, ConvolutionProblem problem, ulong seed = 1)
    {
        this.backend = backend;
        TensorSpec result = problem.Op.Infer(problem.Inputs)[0];
        binding = backend.Bind([], []);
        Operands = [.. problem.Inputs.Select((spec, i) => Normals(spec.Shape.Count, seed, (ulong)i))];
        inputs = [.. Operands.Select(values => Allocate(values.Length * (long)sizeof(float)))];
        for (int i = 0; i < inputs.Length; i++) backend.WriteAll<float>(inputs[i], Operands[i]);
        Result = new float[result.Shape.Count];
        output = Allocate(result.Bytes);
    }

    /// <summary>Whether arrays can hold the tensors of a problem.</summary>
    public static bool Fits(ConvolutionProblem problem) =>
        problem.Inputs.Append(problem.Op.Infer(problem.Inputs)[0]).All(spec => spec.Shape.Count <= Array.MaxLength);

    /// <summary>The operands' values.</summary>
    public float[][] Operands { get; }

    /// <summary>What <see cref="Read"/> has read.</summary>
    public float[] Result { get; }

    /// <summary>Adds an algorithm, which is the trial's from then on, and waits until it can run; gives its number.</summary>
    public int Add(IStep step, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        BufferView workspace = step.WorkspaceBytes == 0 ? default : Allocate(step);
        var buffers = new StepBuffers(inputs, [output], workspace);
        entries.Add(new Entry(step, buffers));
        backend.Ready(progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        step.Prepare(buffers);
        return entries.Count - 1;
    }

    /// <summary>Runs an algorithm and waits for it.</summary>
    /// <returns>The seconds it took.</returns>
    public double Run(int entry)
    {
        (IStep step, StepBuffers buffers) = entries[entry];
        binding.Begin();
        try
        {
            return Timings.Of(() =>
            {
                step.Run(buffers);
                backend.Synchronize();
            });
        }
        finally
        {
            binding.End();
        }
    }

    /// <summary>Fills the result with NaN, so that what the next run does not write is seen.</summary>
    public void FillResultWithNaN()
    {
        Result.AsSpan().Fill(float.NaN);
        backend.WriteAll<float>(output, Result);
    }

    /// <summary>Brings the result of the last run to the host.</summary>
    public float[] Read()
    {
        backend.ReadAll<float>(output, Result);
        return Result;
    }

    /// <summary>Frees the memory and what steps hold.</summary>
    public void Dispose()
    {
        foreach (IDisposable step in entries.Select(entry => entry.Step).OfType<IDisposable>()) step.Dispose();
        foreach (DeviceBuffer buffer in memory) buffer.Dispose();
        binding.Dispose();
    }

    /// <summary>Allocates a step's scratch memory; the step goes with a failure.</summary>
    private BufferView Allocate(IStep step)
    {
        try
        {
            return Allocate(step.WorkspaceBytes);
        }
        catch
        {
            (step as IDisposable)?.Dispose();
            throw;
        }
    }

    private BufferView Allocate(long bytes)
    {
        DeviceBuffer buffer = backend.Allocate(Math.Max(bytes, 64));
        memory.Add(buffer);
        return new BufferView(buffer, 0, bytes);
    }

    /// <summary>Numbers drawn from the normal distribution; very many repeat, at a distance that is no multiple of any size.</summary>
    private static float[] Normals(long count, ulong seed, ulong stream)
    {
        const int Drawn = (1 << 20) + 7;
        float[] values = new float[count];
        var random = new RandomStream(seed, stream);
        Span<float> fresh = values.AsSpan(0, (int)Math.Min(count, Drawn));
        foreach (ref float value in fresh) value = random.NextNormal();
        for (long start = Drawn; start < values.Length; start += Drawn)
            fresh[..(int)Math.Min(Drawn, values.Length - start)].CopyTo(values.AsSpan((int)start));
        return values;
    }

    private readonly record struct Entry(IStep Step, StepBuffers Buffers);
}
