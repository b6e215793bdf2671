using System.Numerics;

namespace Fovea.Data;

/// <summary>One example of a set that is put together from single ones: an input, and labels or numbers.</summary>
public sealed class Example
{
    /// <summary>An input with its class.</summary>
    /// <param name="input">The input's numbers, row-major.</param>
    /// <param name="label">The number of its class.</param>
    /// <param name="weight">How much it counts in the loss.</param>
    public Example(float[] input, int label, float weight = 1) : this(input, [label], weight)
    {
    }

    /// <summary>An input with several labels, such as one a step of a sequence.</summary>
    /// <param name="input">The input's numbers, row-major.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="weight">How much it counts in the loss.</param>
    public Example(float[] input, int[] labels, float weight = 1) => (Input, Labels, Targets, Weight) = (input, labels, [], weight);

    /// <summary>An input with numbers.</summary>
    /// <param name="input">The input's numbers, row-major.</param>
    /// <param name="targets">What a network should give, row-major.</param>
    /// <param name="weight">How much it counts in the loss.</param>
    public Example(float[] input, float[] targets, float weight = 1) => (Input, Labels, Targets, Weight) = (input, [], targets, weight);

    /// <summary>The input's numbers.</summary>
    public float[] Input { get; }

    /// <summary>The labels; empty if the targets are numbers.</summary>
    public int[] Labels { get; }

    /// <summary>The targets; empty if they are labels.</summary>
    public float[] Targets { get; }

    /// <summary>How much it counts in the loss.</summary>
    public float Weight { get; }
}

/// <summary>Makes data sets of what a program has: arrays of any numbers, or a sequence of examples.</summary>
public static class Dataset
{
    /// <summary>Reads a sequence of examples once and keeps them.</summary>
    /// <param name="examples">The examples, all of one size.</param>
    /// <param name="inputShape">The sizes of one input; one dimension if null.</param>
    /// <param name="name">What to call the set.</param>
    /// <exception cref="ArgumentException">There are none, or one has another size than the first; the message says which.</exception>
    public static TensorDataset From(IEnumerable<Example> examples, Shape? inputShape = null, string name = "examples")
    {
        ArgumentNullException.ThrowIfNull(examples);
        Example[] all = [.. examples];
        float[][] inputs = Array.ConvertAll(all, example => example.Input);
        float[]? weights = all.All(example => example.Weight == 1) ? null : Array.ConvertAll(all, example => example.Weight);
        Tensor tensor = Stack(inputs, inputShape, nameof(examples));
        if (all[0].Labels.Length == 0)
            return new TensorDataset(
                tensor, Stack(Array.ConvertAll(all, example => example.Targets), null, nameof(examples)), weights)
            { Name = name };
        int wrong = Array.FindIndex(all, example => example.Labels.Length != all[0].Labels.Length);
        if (wrong >= 0)
            throw new ArgumentException(
                $"Example {wrong} has {all[wrong].Labels.Length} labels, but the first has {all[0].Labels.Length}.", nameof(examples));
        return new TensorDataset(tensor, all.SelectMany(example => example.Labels).ToArray(), weights) { Name = name };
    }

    /// <summary>Inputs with a class each.</summary>
    /// <typeparam name="T">The type of the inputs' numbers; they become floats.</typeparam>
    /// <param name="inputs">The inputs, all of one length.</param>
    /// <param name="labels">A class for each.</param>
    /// <param name="inputShape">The sizes of one input; one dimension if null.</param>
    /// <param name="name">What to call the set.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together; the message says where.</exception>
    public static TensorDataset From<T>(
        IReadOnlyList<T[]> inputs, ReadOnlySpan<int> labels, Shape? inputShape = null, string name = "arrays")
        where T : INumberBase<T> => new(Stack(inputs, inputShape, nameof(inputs)), labels) { Name = name };

    /// <summary>Inputs with numbers each.</summary>
    /// <typeparam name="T">The type of the numbers; they become floats.</typeparam>
    /// <param name="inputs">The inputs, all of one length.</param>
    /// <param name="targets">What a network should give for each, all of one length.</param>
    /// <param name="inputShape">The sizes of one input; one dimension if null.</param>
    /// <param name="name">What to call the set.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together; the message says where.</exception>
    public static TensorDataset From<T>(
        IReadOnlyList<T[]> inputs, IReadOnlyList<T[]> targets, Shape? inputShape = null, string name = "arrays")
        where T : INumberBase<T> => new(Stack(inputs, inputShape, nameof(inputs)), Stack(targets, null, nameof(targets))) { Name = name };

    /// <summary>Inputs of one number each with targets of one number each.</summary>
    /// <typeparam name="T">The type of the numbers; they become floats.</typeparam>
    /// <param name="inputs">The inputs.</param>
    /// <param name="targets">What a network should give for each.</param>
    /// <param name="name">What to call the set.</param>
    /// <exception cref="ArgumentException">There are none, or not as many targets as inputs.</exception>
    public static TensorDataset From<T>(ReadOnlySpan<T> inputs, ReadOnlySpan<T> targets, string name = "arrays")
        where T : INumberBase<T>
    {
        if (inputs.Length == 0) throw new ArgumentException("There are no examples.", nameof(inputs));
        return new TensorDataset(Column(inputs), Column(targets)) { Name = name };
    }

    private static Tensor Column<T>(ReadOnlySpan<T> values)
        where T : INumberBase<T>
    {
        var tensor = new Tensor(new Shape(Math.Max(1, values.Length), 1));
        for (int i = 0; i < values.Length; i++) tensor.Span[i] = float.CreateChecked(values[i]);
        return tensor;
    }

    private static Tensor Stack<T>(IReadOnlyList<T[]> rows, Shape? shape, string parameter)
        where T : INumberBase<T>
    {
        if (rows.Count == 0) throw new ArgumentException("There are no examples.", parameter);
        int length = rows[0].Length;
        if (shape is { } given && given.Count != length)
            throw new ArgumentException($"An input of {given} has {given.Count} numbers, but the first example has {length}.", parameter);
        if (length == 0) throw new ArgumentException("The first example has no numbers.", parameter);
        var tensor = new Tensor((shape ?? new Shape(length)).Prepend(rows.Count));
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Length != length)
                throw new ArgumentException($"Example {i} has {rows[i].Length} numbers, but the first has {length}.", parameter);
            Span<float> row = tensor.Span.Slice(i * length, length);
            for (int j = 0; j < length; j++) row[j] = float.CreateChecked(rows[i][j]);
        }
        return tensor;
    }
}
