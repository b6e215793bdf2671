namespace Fovea.Data;

/// <summary>
/// CIFAR-10: 50 000 + 10 000 colour images of 32×32, in its binary version (A. Krizhevsky, "Learning Multiple Layers of Features from
/// Tiny Images", technical report, University of Toronto 2009, section 3).
/// </summary>
public static class Cifar10
{
    internal const string ArchiveFolder = "cifar-10-batches-bin";

    internal static readonly string[] ClassNames =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>
    /// Reads every data_batch*.bin and test_batch*.bin of a folder, or of its sub-folder cifar-10-batches-bin; each plain or .gz, in the
    /// order of their names. A file may hold any number of records, so that part of the data set will do.
    /// </summary>
    /// <exception cref="FileNotFoundException">The training or the test files are missing.</exception>
    /// <exception cref="DataFormatException">A file is damaged.</exception>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Is told how far each file is read; null for nobody.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageDataset Load(
        string folder, IProgress<ReadingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var watch = new ReadingWatch(progress, cancellationToken);
        folder = CifarImages.Unpacked(folder, ArchiveFolder, IsIn);
        return new ImageDataset(
            "cifar10",
            CifarImages.Load("cifar10 train", folder, "data_batch*.bin", 1, ClassNames, watch),
            CifarImages.Load("cifar10 test", folder, "test_batch*.bin", 1, ClassNames, watch));
    }

    internal static bool IsIn(string folder) => CifarImages.Files(folder, "data_batch*.bin").Length > 0;
}

/// <summary>
/// CIFAR-100: 50 000 + 10 000 colour images of 32×32 in 100 classes, in its binary version (same report as <see cref="Cifar10"/>).
/// The 20 coarse labels of the files are passed over.
/// </summary>
public static class Cifar100
{
    internal const string ArchiveFolder = "cifar-100-binary";

    internal static readonly string[] ClassNames =
        ("apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar "
        + "cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl "
        + "hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom "
        + "oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road "
        + "rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank "
        + "telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm").Split(' ');

    /// <summary>Reads train.bin and test.bin of a folder, or of its sub-folder cifar-100-binary; each plain or .gz.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A file is damaged.</exception>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Is told how far each file is read; null for nobody.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageDataset Load(
        string folder, IProgress<ReadingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var watch = new ReadingWatch(progress, cancellationToken);
        folder = CifarImages.Unpacked(folder, ArchiveFolder, IsIn);
        return new ImageDataset(
            "cifar100",
            CifarImages.Load("cifar100 train", folder, "train.bin", 2, ClassNames, watch),
            CifarImages.Load("cifar100 test", folder, "test.bin", 2, ClassNames, watch));
    }

    internal static bool IsIn(string folder) => DataFile.Find(folder, "train.bin") is not null;
}

/// <summary>Records of label bytes and three planes of 32×32 bytes: red, green, blue.</summary>
internal static class CifarImages
{
    private const int Side = 32, Plane = Side * Side, Channels = 3, ImageLength = Channels * Plane;

    /// <summary>The folder itself, or the sub-folder that the official archive unpacks to if the files lie there.</summary>
    public static string Unpacked(string folder, string subfolder, Func<string, bool> isIn)
    {
        string inner = Path.Combine(folder, subfolder);
        return !isIn(folder) && isIn(inner) ? inner : folder;
    }

    /// <summary>The files of a folder that fit a pattern, in ordinal order; a .gz beside its plain form is left out.</summary>
    public static string[] Files(string folder, string pattern)
    {
        if (!Directory.Exists(folder))
            return [];
        string[] plain = Directory.GetFiles(folder, pattern);
        IEnumerable<string> packed = Directory.GetFiles(folder, pattern + ".gz").Where(path => !plain.Contains(path[..^3]));
        return [.. plain.Concat(packed).Order(StringComparer.Ordinal)];
    }

    /// <param name="name">What to call the set.</param>
    /// <param name="folder">The folder with the files.</param>
    /// <param name="pattern">The name of the files, without .gz.</param>
    /// <param name="labelBytes">Label bytes before each image; the last of them counts.</param>
    /// <param name="classNames">The class names.</param>
    /// <param name="watch">Is told how far it is.</param>
    public static LabelledImages Load(
        string name, string folder, string pattern, int labelBytes, IReadOnlyList<string> classNames, ReadingWatch watch)
    {
        string[] files = Files(folder, pattern);
        if (files.Length == 0)
            throw new FileNotFoundException($"{folder} has no file {pattern} or {pattern}.gz.");

        var contents = new List<ArraySegment<byte>>();
        var labels = new List<int>();
        foreach (string path in files)
            contents.Add(ReadRecords(path, labelBytes, classNames.Count, labels, watch));
        if ((long)labels.Count * ImageLength > Array.MaxLength)
            throw new DataFormatException(
                files[^1], 0, $"expected at most {Array.MaxLength / ImageLength} images in all files, found {labels.Count}");

        byte[] pixels = new byte[labels.Count * ImageLength];
        int at = 0;
        foreach (ArraySegment<byte> content in contents)
        {
            content.CopyTo(pixels, at);
            at += content.Count;
        }
        return new LabelledImages(name, pixels, labels.ToArray(), Side, Side, Channels, classNames);
    }

    private static ArraySegment<byte> ReadRecords(string path, int labelBytes, int classCount, List<int> labels, ReadingWatch watch)
    {
        byte[] bytes = DataFile.ReadAll(path, watch);
        int record = labelBytes + ImageLength, count = bytes.Length / record, rest = bytes.Length % record;
        if (rest != 0)
            throw new DataFormatException(
                path, bytes.Length, $"expected records of {record} bytes, found the end of the file after {rest} bytes of record {count}");

        Span<byte> planes = stackalloc byte[ImageLength];
        for (int i = 0; i < count; i++)
        {
            int start = i * record, label = bytes[start + labelBytes - 1];
            if (label >= classCount)
                throw new DataFormatException(path, start + labelBytes - 1, $"expected a label of 0 to {classCount - 1}, found {label}");
            labels.Add(label);

            // Interleaved in place: image i always ends before record i does, and the planes are read from a copy.
            bytes.AsSpan(start + labelBytes, ImageLength).CopyTo(planes);
            Span<byte> image = bytes.AsSpan(i * ImageLength, ImageLength);
            for (int pixel = 0; pixel < Plane; pixel++)
                for (int channel = 0; channel < Channels; channel++)
                    image[(pixel * Channels) + channel] = planes[(channel * Plane) + pixel];
        }
        return new ArraySegment<byte>(bytes, 0, count * ImageLength);
    }
}
