using Fovea.Data;
using Fovea.Files;
using Fovea.Graph;

namespace Fovea.Layers;

/// <summary>A whole network: a module with an input of a fixed size. It needs no disposal.</summary>
/// <param name="inputShape">The size of one input, without the batch: H×W×C for images.</param>
public abstract class Network(Shape inputShape) : Module
{
    /// <summary>The streams that initial values are drawn from begin here, apart from those of data order and dropout.</summary>
    private const ulong InitializationStream = 1ul << 63, BufferStream = InitializationStream | (1ul << 62);

    private int outputs;

    /// <summary>The size of one input, without the batch.</summary>
    public Shape InputShape { get; } = inputShape;

    /// <summary>How many parameters it has, counted in single numbers.</summary>
    public long ParameterCount
    {
        get
        {
            EnsureShapes();
            return Parameters.Sum(parameter => parameter.Shape.Count);
        }
    }

    /// <summary>How many numbers its buffers have: what is saved with the parameters, but not trained.</summary>
    public long BufferCount
    {
        get
        {
            EnsureShapes();
            return Buffers.Sum(buffer => buffer.Shape.Count);
        }
    }

    /// <summary>Whether the parameters and buffers have been drawn, loaded or trained.</summary>
    public bool IsInitialized => outputs > 0 && new ModuleTree(this).Variables.All(own => own.Variable.IsInitialized);

    /// <summary>Builds the network's graph: an input named <c>input</c>, an output named <c>output</c>.</summary>
    /// <param name="batch">How many examples go in at once.</param>
    /// <param name="training">Whether layers such as dropout act as in training.</param>
    /// <param name="seed">The seed of everything random in the graph.</param>
    /// <exception cref="ShapeException">A layer does not fit its input.</exception>
    /// <exception cref="InvalidOperationException">
    /// A layer is applied that the network does not hold, or its <see cref="Module.Forward"/> is called instead of
    /// <see cref="Module.Apply"/>.
    /// </exception>
    public ComputationGraph Build(int batch = 1, bool training = false, ulong seed = 0)
    {
        var graph = new ComputationGraph { IsTraining = training, Seed = seed };
        Value output = Apply(graph.Input("input", InputShape.Prepend(batch))).Named("output");
        outputs = output.Shape[^1];
        return graph;
    }

    /// <summary>Draws all parameters anew, and gives the buffers their first values.</summary>
    /// <param name="seed">The same seed gives the same values on every device.</param>
    public void Initialize(ulong seed = 0)
    {
        EnsureShapes();
        Initialize(seed, _ => true);
    }

    /// <summary>The number of outputs of the last layer.</summary>
    public int Classes
    {
        get
        {
            EnsureShapes();
            return outputs;
        }
    }

    /// <summary>
    /// The name under which <see cref="Models.ModelCatalog"/> makes such a network; null for one of a class of one's own. Files that
    /// are saved say it, so that they can be opened without naming the network.
    /// </summary>
    public string? CatalogName { get; internal init; }

    /// <summary>How images are normalised before they go in, once the network has been trained or loaded; null if unknown.</summary>
    public Normalization? Normalization { get; set; }

    /// <summary>What it was trained to do, once it has been trained or loaded; null if unknown.</summary>
    public Training.TrainingTask? Task { get; set; }

    /// <summary>The names of the classes, if known.</summary>
    public IReadOnlyList<string> ClassNames { get; set; } = [];

    /// <summary>
    /// Writes parameters and buffers as safetensors, with PyTorch's names and layouts; normalisation and class names go into the file's
    /// metadata. An existing file is replaced at once or not at all.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        EnsureParameters();
        Weights.Save(path, Stored, WeightMetadata.Write(this));
    }

    /// <summary>
    /// Reads parameters and buffers from safetensors, with PyTorch's names and layouts. All is read and checked before anything changes.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The file lacks a parameter or a buffer, or has it in another size; or what it says of the network besides is damaged.
    /// </exception>
    /// <exception cref="IOException">The file is damaged or cannot be read.</exception>
    public void Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Read(file)();
    }

    /// <summary>
    /// Reads parameters and buffers, and what else a file holds with them, and changes nothing: what is returned does, and cannot fail.
    /// </summary>
    internal Action Read(SafetensorsFile file, params IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> more)
    {
        EnsureShapes();
        WeightMetadata metadata = WeightMetadata.Read(file, InputShape);
        Action take = Weights.Load(file, Stored.Concat(more));
        return () =>
        {
            take();
            metadata.Apply(this);
            foreach ((_, ModuleVariable variable) in new ModuleTree(this).Variables) variable.IsInitialized = true;
        };
    }

    /// <summary>Parameters and buffers as files hold them.</summary>
    internal IEnumerable<(string Name, Variable Variable, ParameterLayout Layout)> Stored =>
        new ModuleTree(this).Variables.Select(own => (own.Name, (Variable)own.Variable, own.Variable.Layout));

    /// <summary>
    /// Makes sure that parameters and buffers exist and have values: those that have none are drawn. A part that was loaded stays.
    /// </summary>
    internal void EnsureParameters(ulong seed = 0)
    {
        EnsureShapes();
        Initialize(seed, variable => !variable.IsInitialized);
    }

    private void Initialize(ulong seed, Func<ModuleVariable, bool> filter)
    {
        // Parameters are counted by themselves, so that a layer with buffers does not change what others are drawn from.
        ulong parameters = InitializationStream, buffers = BufferStream;
        foreach ((_, ModuleVariable variable) in new ModuleTree(this).Variables)
        {
            ulong stream = variable is ModuleBuffer ? buffers++ : parameters++;
            if (filter(variable)) variable.Initialize(seed, stream);
        }
    }

    /// <summary>Builds the network once for use and once for training, where layers may have more parameters.</summary>
    private void EnsureShapes()
    {
        if (outputs > 0) return;
        // Two examples, since a layer that takes a batch's statistics may refuse a single one.
        Build(batch: 2, training: true);
        Build();
    }
}
