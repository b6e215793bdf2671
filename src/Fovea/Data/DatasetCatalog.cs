namespace Fovea.Data;

/// <summary>What is known about a data set without reading it.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Summary">What its images show.</param>
/// <param name="TrainCount">Training images of the complete set.</param>
/// <param name="TestCount">Test images of the complete set.</param>
/// <param name="Shape">The size of each image.</param>
/// <param name="ClassNames">The name of every class.</param>
public sealed record DatasetDescription(
    string Name, string Summary, int TrainCount, int TestCount, ImageShape Shape, IReadOnlyList<string> ClassNames)
{
    /// <summary>Whether the images are made on the spot, so that no file is needed.</summary>
    public bool IsGenerated { get; internal init; }

    internal IReadOnlyList<string> FolderNames { get; init; } = [];

    internal Func<string, bool> IsIn { get; init; } = _ => false;

    internal Func<string, IProgress<ReadingProgress>?, CancellationToken, ImageDataset>? Reader { get; init; }
}

/// <summary>The data sets known by name, and where their files are looked for.</summary>
public static class DatasetCatalog
{
    /// <summary>The environment variable that replaces the user's cache folder.</summary>
    public const string CacheVariable = "FOVEA_DATA";

    private static readonly DatasetDescription[] Sets =
    [
        new("digits", "handwritten-looking digits, made on the spot", 12_000, 2_000, new(28, 28, 1), Mnist.DigitNames)
        {
            IsGenerated = true,
        },
        new("mnist", "handwritten digits", 60_000, 10_000, new(28, 28, 1), Mnist.DigitNames)
        {
            FolderNames = ["mnist"],
            IsIn = IdxImages.IsIn,
            Reader = Mnist.Load,
        },
        new("fashion-mnist", "pieces of clothing", 60_000, 10_000, new(28, 28, 1), FashionMnist.ClassNames)
        {
            FolderNames = ["fashion-mnist"],
            IsIn = IdxImages.IsIn,
            Reader = FashionMnist.Load,
        },
        new("cifar10", "small colour photographs in 10 classes", 50_000, 10_000, new(32, 32, 3), Cifar10.ClassNames)
        {
            FolderNames = ["cifar10", "cifar-10"],
            IsIn = folder => Cifar10.IsIn(folder) || Cifar10.IsIn(Path.Combine(folder, Cifar10.ArchiveFolder)),
            Reader = Cifar10.Load,
        },
        new("cifar100", "small colour photographs in 100 classes", 50_000, 10_000, new(32, 32, 3), Cifar100.ClassNames)
        {
            FolderNames = ["cifar100", "cifar-100"],
            IsIn = folder => Cifar100.IsIn(folder) || Cifar100.IsIn(Path.Combine(folder, Cifar100.ArchiveFolder)),
            Reader = Cifar100.Load,
        },
    ];

    /// <summary>All the data sets known by name.</summary>
    public static IReadOnlyList<DatasetDescription> Known => Sets;

    /// <summary>Where downloads go and are found again: FOVEA_DATA, or fovea/data in the user's local application data.</summary>
    public static string CacheRoot => Environment.GetEnvironmentVariable(CacheVariable) is { Length: > 0 } named
        ? named
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "fovea",
            "data");

    /// <summary>Finds a data set by its name, in any case.</summary>
    /// <exception cref="UnknownDatasetException">There is none of that name.</exception>
    public static DatasetDescription Describe(string name) =>
        Find(name) ?? throw new UnknownDatasetException(name, [.. Sets.Select(set => set.Name)], orFolder: false);

    /// <summary>
    /// Loads a data set. A known name is looked for in the data directory if one is given (its sub-folder of that name, or itself), else
    /// in data/NAME below the current directory, else in NAME below <see cref="CacheRoot"/>. Anything else is the path of a folder,
    /// whose files tell the format; IDX files are Fashion-MNIST's if the folder's name contains "fashion".
    /// </summary>
    /// <param name="nameOrFolder">A known name, or a folder.</param>
    /// <param name="dataDirectory">The only place to look for a known name, if given.</param>
    /// <param name="seed">The seed of a set that is made on the spot.</param>
    /// <param name="progress">Is told how far each file is read; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="DatasetNotFoundException">No folder has the files.</exception>
    /// <exception cref="UnknownDatasetException">It is neither a known name nor a folder.</exception>
    /// <exception cref="DataFormatException">A file is damaged.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static ImageDataset Load(
        string nameOrFolder, string? dataDirectory = null, ulong seed = 1, IProgress<ReadingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        if (Find(nameOrFolder) is { } set)
            return set.Reader is { } read ? read(Locate(set, dataDirectory), progress, cancellationToken)
                : Digits.Generate(set.TrainCount, set.TestCount, seed, cancellationToken);
        if (Directory.Exists(nameOrFolder))
            return LoadFolder(nameOrFolder, progress, cancellationToken);
        if (nameOrFolder.AsSpan().IndexOfAny('/', '\\') >= 0)
            throw new DatasetNotFoundException($"There is no folder {nameOrFolder}.");
        throw new UnknownDatasetException(nameOrFolder, [.. Sets.Select(known => known.Name)], orFolder: true);
    }

    /// <summary>Gives the folder that <see cref="Load"/> would read a known data set from, or null if its files are nowhere.</summary>
    /// <exception cref="UnknownDatasetException">There is no data set of that name.</exception>
    public static string? FindFolder(string name, string? dataDirectory = null)
    {
        DatasetDescription set = Describe(name);
        return Candidates(set, dataDirectory).FirstOrDefault(set.IsIn);
    }

    private static DatasetDescription? Find(string name) =>
        Array.Find(Sets, set => set.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string Locate(DatasetDescription set, string? dataDirectory)
    {
        string[] candidates = [.. Candidates(set, dataDirectory)];
        return Array.Find(candidates, candidate => set.IsIn(candidate)) ?? throw new DatasetNotFoundException(
            $"The files of {set.Name} are not in {string.Join(" or ", candidates)}. Get them with: fovea data get {set.Name}");
    }

    private static IEnumerable<string> Candidates(DatasetDescription set, string? dataDirectory)
    {
        if (dataDirectory is null)
        {
            string local = Path.Combine(Environment.CurrentDirectory, "data");
            return set.FolderNames.Select(name => Path.Combine(local, name)).Append(Path.Combine(CacheRoot, set.Name));
        }

        IEnumerable<string> below = set.FolderNames.Select(name => Path.Combine(dataDirectory, name));
        // A folder that bears another data set's name may hold files that look the same.
        string leaf = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataDirectory)));
        bool another = Sets.Any(other => other != set && other.FolderNames.Contains(leaf, StringComparer.OrdinalIgnoreCase));
        return another ? below : below.Append(dataDirectory);
    }

    private static ImageDataset LoadFolder(string folder, IProgress<ReadingProgress>? progress, CancellationToken cancellationToken)
    {
        string leaf = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        bool fashion = leaf.Contains("fashion", StringComparison.OrdinalIgnoreCase);
        DatasetDescription? set = Array.Find(Sets, set => set.Name != (fashion ? "mnist" : "fashion-mnist") && set.IsIn(folder));
        return set?.Reader!(folder, progress, cancellationToken) ?? throw new DatasetNotFoundException(
            $"{folder} has no data set: neither train-images-idx3-ubyte[.gz] nor data_batch*.bin[.gz] nor train.bin[.gz].");
    }
}
