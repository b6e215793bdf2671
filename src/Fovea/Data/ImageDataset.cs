namespace Fovea.Data;

/// <summary>Images to learn from and images to test on, of the same size and with the same classes.</summary>
/// <param name="Name">The name of the data set.</param>
/// <param name="Train">The images to learn from.</param>
/// <param name="Test">The images to test on.</param>
public sealed record ImageDataset(string Name, LabelledImages Train, LabelledImages Test)
{
    /// <summary>
    /// The normalisation of both parts: the training images' statistics. The test images' own would leak what a model is not to know.
    /// </summary>
    public Normalization Normalization => Train.Normalization;
}
