using System.Collections.Concurrent;
using System.Numerics;
using Fovea.Core;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;

namespace Fovea.Training;

/// <summary>
/// Runs a trained network and says what its outputs mean: that is the task's. Many threads may call one predictor at once; results do not
/// depend on who else calls. It takes the parameters as they are while it runs: do not train the network meanwhile.
/// </summary>
/// <remarks>
/// Batches of every size are served by plans whose sizes are powers of two, so there are few plans and their memory is bounded. An
/// example's result may differ in rounding from that of the same example in a batch of another size.
/// </remarks>
public sealed class Predictor : IDisposable
{
    private const int MaxTransforms = 64;

    private readonly Network network;
    private readonly TrainingTask task;
    private readonly PlanPool plans;
    private readonly ConcurrentDictionary<ImageShape, InputTransform> transforms = [];
    private readonly int maxBatch;
    private readonly Shape valueShape;

    /// <summary>Prepares a network for use.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Where to run it.</param>
    /// <param name="options">How to run it.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is not positive.</exception>
    public Predictor(Network network, Device device, PredictorOptions? options = null)
    {
        options ??= new PredictorOptions();
        Require.Positive(options.MaxBatch, "PredictorOptions.MaxBatch");
        Require.Positive(options.MaxPlans, "PredictorOptions.MaxPlans");
        this.network = network;
        task = options.Task ?? network.Task ?? new Classification();
        maxBatch = (int)BitOperations.RoundUpToPowerOf2((uint)options.MaxBatch / 2 + 1);
        network.EnsureParameters();
        valueShape = new Shape(task.Present(network.Build().Named["output"]).Shape.Dimensions[1..]);
        plans = new PlanPool(options.MaxPlans, (batch, cancellationToken) =>
        {
            ComputationGraph graph = network.Build(batch);
            Executable plan = device.Compile(graph, options.Compile, [task.Present(graph.Named["output"])], null, cancellationToken);
            try
            {
                plan.Prepare(cancellationToken);
            }
            catch
            {
                plan.Dispose();
                throw;
            }
            return plan;
        });
    }

    /// <summary>How many numbers one input has.</summary>
    public int InputLength => (int)network.InputShape.Count;

    /// <summary>What the outputs mean.</summary>
    public TrainingTask Task => task;

    /// <summary>How many plans there are now; never more than <see cref="PredictorOptions.MaxPlans"/>.</summary>
    public int Plans => plans.Count;

    /// <summary>The device memory of all plans, in bytes; the parameters themselves do not count.</summary>
    public long MemoryBytes => plans.MemoryBytes;

    /// <summary>Predicts for one input as the network takes it: normalised floats, row-major, H×W×C for images.</summary>
    /// <param name="input">The input.</param>
    /// <param name="cancellationToken">Ends the preparation of a plan, which the first call waits for; the exception is an
    /// <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The input has another size.</exception>
    public Prediction Predict(ReadOnlySpan<float> input, CancellationToken cancellationToken = default) =>
        PredictBatch(input, 1, cancellationToken)[0];

    /// <summary>Predicts for one image of any size: it is fitted to the network's input and normalised as in training.</summary>
    /// <param name="pixels">H×W×C bytes.</param>
    /// <param name="shape">The image's size.</param>
    /// <param name="cancellationToken">Ends the preparation of a plan.</param>
    /// <exception cref="ArgumentException">The pixels are not as many as the size says.</exception>
    /// <exception cref="ShapeException">The network does not take images.</exception>
    public Prediction Predict(ReadOnlySpan<byte> pixels, ImageShape shape, CancellationToken cancellationToken = default)
    {
        if (pixels.Length != shape.Length)
            throw new ArgumentException($"An image of {shape} has {shape.Length} values, but {pixels.Length} were given.", nameof(pixels));
        ImageShape target = ImageShape.Of(network.InputShape)
            ?? throw new ShapeException($"The network takes {network.InputShape}, not images. Give it numbers.");
        // Images from outside have any number of sizes; the tables of a few are worth keeping.
        if (transforms.Count > MaxTransforms) transforms.Clear();
        InputTransform transform = transforms.GetOrAdd(shape,
            _ => new InputTransform(shape, target, network.Normalization ?? Normalization.None(target.Channels)));
        float[] input = new float[target.Length];
        transform.Apply(pixels, input);
        return Predict(input, cancellationToken);
    }

    /// <summary>Predicts for several inputs at once.</summary>
    /// <param name="inputs">One after the other, as the network takes them.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Ends it between two batches, and the preparation of a plan.</param>
    /// <exception cref="ArgumentException">The numbers are not <paramref name="count"/> times those of one input.</exception>
    /// <exception cref="ObjectDisposedException">The predictor has been disposed.</exception>
    public IReadOnlyList<Prediction> PredictBatch(
        ReadOnlySpan<float> inputs, int count, CancellationToken cancellationToken = default)
    {
        Require.Positive(count, "The number of inputs");
        if (inputs.Length != (long)count * InputLength)
            throw new ArgumentException(
                $"{count} inputs of {network.InputShape} are {(long)count * InputLength} numbers, but {inputs.Length} were given.",
                nameof(inputs));
        var predictions = new List<Prediction>(count);
        while (predictions.Count < count)
        {
            int first = predictions.Count, plan = PlanFor(count - first), used = Math.Min(plan, count - first);
            Run(inputs.Slice(first * InputLength, used * InputLength), plan, used, predictions, cancellationToken);
        }
        return predictions;
    }

    /// <summary>Gives the memory back. What a call that still runs uses is given back when it ends.</summary>
    public void Dispose() => plans.Dispose();

    /// <summary>
    /// The size of the plan that takes the first of some inputs. It is the largest power of two that they fill, or the next one where they
    /// fill more than three quarters of it: then one run with some places empty takes less time than three or more, each of which reads
    /// all weights. Measured with AlexNet on two cores: 7 inputs as 8 take 46 ms, as 4 + 2 + 1 99 ms.
    /// </summary>
    private int PlanFor(int left)
    {
        if (left >= maxBatch) return maxBatch;
        int filled = (int)(BitOperations.RoundUpToPowerOf2((uint)left + 1) / 2);
        return 2 * left > 3 * filled ? 2 * filled : filled;
    }

    private void Run(ReadOnlySpan<float> inputs, int plan, int used, List<Prediction> predictions, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int length = (int)valueShape.Count;
        float[] values = new float[plan * length];
        if (used < plan)
        {
            float[] padded = new float[plan * InputLength];
            inputs.CopyTo(padded);
            inputs = padded;
        }
        Executable executable = plans.Rent(plan, cancellationToken);
        try
        {
            executable.Write("input", inputs);
            executable.Run();
            executable.Read(0, values);
        }
        finally
        {
            plans.Return(plan, executable);
        }
        for (int i = 0; i < used; i++)
            predictions.Add(task.Interpret(values.AsSpan(i * length, length).ToArray(), valueShape, network.ClassNames));
    }
}
