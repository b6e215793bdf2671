namespace Fovea.Data;

/// <summary>
/// The MNIST database of handwritten digits: 60 000 + 10 000 grey images of 28×28 (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner,
/// "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE 1998, section III.A).
/// </summary>
public static class Mnist
{
    internal static readonly string[] DigitNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    /// <summary>Reads the four IDX files of a folder, plain or .gz: train-images-idx3-ubyte or train-images.idx3-ubyte and so on.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="DataFormatException">A file is damaged, or the files do not belong together.</exception>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Is told how far each file is read; null for nobody.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageDataset Load(
        string folder, IProgress<ReadingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        IdxImages.Load("mnist", folder, DigitNames, new ReadingWatch(progress, cancellationToken));
}

/// <summary>
/// Zalando's Fashion-MNIST: 60 000 + 10 000 grey images of 28×28, in the form of MNIST (H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST:
/// a Novel Image Dataset for Benchmarking Machine Learning Algorithms", arXiv:1708.07747, section 2).
/// </summary>
public static class FashionMnist
{
    internal static readonly string[] ClassNames =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <inheritdoc cref="Mnist.Load"/>
    public static ImageDataset Load(
        string folder, IProgress<ReadingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        IdxImages.Load("fashion-mnist", folder, ClassNames, new ReadingWatch(progress, cancellationToken));
}

/// <summary>Image sets in the four files that MNIST made customary.</summary>
internal static class IdxImages
{
    public static bool IsIn(string folder) => FindFile(folder, "train", "images", 3) is not null;

    public static ImageDataset Load(string name, string folder, IReadOnlyList<string> classNames, ReadingWatch watch)
    {
        LabelledImages train = LoadPart(name + " train", folder, "train", classNames, null, watch);
        return new ImageDataset(name, train, LoadPart(name + " test", folder, "t10k", classNames, train, watch));
    }

    private static LabelledImages LoadPart(
        string name, string folder, string prefix, IReadOnlyList<string> classNames, LabelledImages? like, ReadingWatch watch)
    {
        string imagePath = Require(folder, prefix, "images", 3), labelPath = Require(folder, prefix, "labels", 1);
        IdxArray images = Idx.Read(imagePath, 3, watch), labels = Idx.Read(labelPath, 1, watch);
        var (count, height, width) = (images.Shape[0], images.Shape[1], images.Shape[2]);
        if (like is not null && (height, width) != (like.Height, like.Width))
            throw new DataFormatException(
                imagePath, 8, $"expected images of {like.Height}×{like.Width} as in the training set, found {height}×{width}");
        if (labels.Shape[0] != count)
            throw new DataFormatException(
                labelPath, 4, $"expected {count} labels, as many as {Path.GetFileName(imagePath)} has images, found {labels.Shape[0]}");

        int[] classes = new int[count];
        ReadOnlySpan<byte> values = labels.Values.Span;
        for (int i = 0; i < count; i++)
        {
            classes[i] = values[i];
            if (values[i] >= classNames.Count)
                throw new DataFormatException(labelPath, 8L + i, $"expected a label of 0 to {classNames.Count - 1}, found {values[i]}");
        }
        return new LabelledImages(name, images.Values, classes, height, width, 1, classNames);
    }

    private static string Require(string folder, string prefix, string kind, int rank) =>
        FindFile(folder, prefix, kind, rank)
        ?? throw new FileNotFoundException($"{folder} has no file {prefix}-{kind}-idx{rank}-ubyte or {prefix}-{kind}-idx{rank}-ubyte.gz.");

    private static string? FindFile(string folder, string prefix, string kind, int rank) =>
        DataFile.Find(folder, $"{prefix}-{kind}-idx{rank}-ubyte", $"{prefix}-{kind}.idx{rank}-ubyte");
}
