namespace Fovea.Data;

/// <summary>
/// Examples to learn from or to measure with: a tensor each, and what a network should make of it. Four members are enough for a set
/// of one's own; <see cref="TensorDataset"/>, <see cref="Dataset"/> and <see cref="LabelledImages"/> are ready ones.
/// </summary>
/// <remarks>
/// A <see cref="BatchLoader"/> calls <see cref="Fill"/> on a thread of its own, one call at a time. What an example looks like may depend
/// on <see cref="ExampleBuffer.Seed"/> and <see cref="ExampleBuffer.Epoch"/> but on nothing else, so that training repeats and resumes.
/// </remarks>
public interface IDataset
{
    /// <summary>What the set is called in messages. A checkpoint remembers it and refuses to go on with another set.</summary>
    string Name => GetType().Name;

    /// <summary>The number of examples.</summary>
    int Count { get; }

    /// <summary>The sizes of one input, without the batch.</summary>
    Shape InputShape { get; }

    /// <summary>
    /// One example's target, without the batch: Int32 for labels (a scalar for one label), Float32 for numbers.
    /// </summary>
    TensorSpec Target { get; }

    /// <summary>Whether <see cref="Fill"/> sets weights. Without, every example counts the same.</summary>
    bool IsWeighted => false;

    /// <summary>The names of the classes, where targets are classes that have names.</summary>
    IReadOnlyList<string> ClassNames => [];

    /// <summary>Writes one example.</summary>
    /// <param name="index">Which, from 0 on.</param>
    /// <param name="example">Where to write: the input and the target arrive as zeros, the weight as 1.</param>
    void Fill(int index, ExampleBuffer example);
}
