using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>What is wrong is said in one line on standard error, and the exit code tells its kind.</summary>
[TestFixture]
internal sealed class ErrorTests
{
    [TestCase("trin", "There is no command 'trin'. The commands are: train, eval,")]
    [TestCase("train lenet6", "There is no model 'lenet6'. The models are: lenet5,")]
    [TestCase("train", "Required argument 'MODEL' missing")]
    [TestCase("train lenet5 --epochs 0", "--epochs must be a whole number above 0, not '0'")]
    [TestCase("train lenet5 --epochs 1.5", "--epochs must be a whole number above 0, not '1.5'")]
    [TestCase("train lenet5 --lr -1", "--lr must be a positive finite number, not '-1'")]
    [TestCase("train lenet5 --lr NaN", "--lr must be a positive finite number, not 'NaN'")]
    [TestCase("train lenet5 --lr 1e99", "--lr must be a positive finite number, not '1e99'")]
    [TestCase("train lenet5 --momentum 1", "--momentum must be a number from 0 to below 1, not '1'")]
    [TestCase("train lenet5 --weight-decay inf", "--weight-decay must be a finite number of at least 0, not 'inf'")]
    [TestCase("train lenet5 --optimizer newton", "--optimizer must be one of sgd, momentum, nesterov, rmsprop, adam, not 'newton'")]
    [TestCase("train lenet5 --optimizer adam --momentum 0.5", "--momentum is for the optimizers momentum and nesterov, not for adam")]
    [TestCase("train lenet5 --loss mse --label-smoothing 0.1", "--label-smoothing is for --loss cross-entropy, not for mse")]
    [TestCase("train lenet5 --augment shake", "--augment: 'shake' is no augmentation")]
    [TestCase("train lenet5 --input 32x32", "--input: '32x32' is not an input size")]
    [TestCase("train lenet5 --device gpu", "--device: there is no device 'gpu'. Known are auto and cpu")]
    [TestCase("train lenet5 --data digts", "There is no data set 'digts'. Did you mean digits?")]
    [TestCase("summary vgg11 --input 8x8x3", "features.15: Pooling: a window that spans 2×2 does not fit into an image of 1×1")]
    [TestCase("summary lenet5 --classes 0", "--classes must be a whole number above 0")]
    [TestCase("bench --gemm 1,2", "--gemm: '1,2' is not three sizes above 0")]
    [TestCase("bench lenet5 --gemm 8,8,8", "--gemm measures a matrix product")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1", "--conv: '8,56,56,64,64,3,3,1' is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,0,1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,-1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,x,56,64,64,3,3,1,1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 1,2,2,1,1,5,5,1,1", "a window that spans 5×5 does not fit into an image of 2×2")]
    [TestCase("bench --conv 4096,512,512,8,1,1,1,1,0", "more than 2 GiB")]
    [TestCase("bench lenet5 --conv 1,2,2,1,1,1,1,1,0", "--conv measures one convolution")]
    [TestCase("bench --conv 1,2,2,1,1,1,1,1,0 --conv-algorithm fft", "--conv measures every algorithm")]
    [TestCase(
        "bench lenet5 --conv-algorithm fastest",
        "--conv-algorithm must be one of auto, direct, implicit-gemm, pointwise, winograd2, winograd4, fft, not 'fastest'")]
    [TestCase("train lenet5 --workspace 256", "--workspace: '256' is not a size such as 256MB")]
    [TestCase("train lenet5 --workspace 9999999999GB", "--workspace: '9999999999GB' is not a size such as 256MB")]
    [TestCase("train lenet5 --tune --reproducible", "--tune measures, and --reproducible forbids measuring")]
    [TestCase("bench lenet4", "There is no model 'lenet4'")]
    [TestCase("data get mnits", "Did you mean mnist?")]
    [TestCase("data", "Required command was not provided")]
    public Task WrongArguments(string line, string expected) => Fails(line, 2, expected);

    [TestCase("train lenet5 --data mnist --data-dir nowhere", "The files of mnist are not in ")]
    [TestCase("train lenet5 --resume --out nowhere", "nowhere has no checkpoint to resume from")]
    [TestCase("eval nowhere", "There is no file or folder nowhere")]
    [TestCase("data show ./nowhere", "There is no folder ./nowhere")]
    [TestCase("selftest --reference nowhere", "nowhere")]
    public Task MissingFiles(string line, string expected) => Fails(line, 3, expected);

    [Test]
    public Task AbsentDevice() => Fails("train lenet5 --device cuda:7", 4, "cuda:7");

    [Test]
    public async Task DamagedDataIsNamed()
    {
        using var folder = new TempFolder();
        foreach (string part in new[] { "train", "t10k" })
        {
            folder.Write($"{part}-images-idx3-ubyte", [1, 2, 3]);
            folder.Write($"{part}-labels-idx1-ubyte", [1, 2, 3]);
        }
        await Fails($"train lenet5 --data {folder.Path}", 3, "train-images-idx3-ubyte: at byte");
    }

    [Test]
    public async Task TraceAddsTheStack()
    {
        Environment.SetEnvironmentVariable("FOVEA_TRACE", "1");
        try
        {
            CliResult result = await CliRun.Run("train", "lenet6");
            Assert.That(result.Error, Does.Contain("   at Fovea.Models.ModelCatalog.Find"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FOVEA_TRACE", null);
        }
    }

    [Test]
    public async Task HelpShowsExamplesAndEveryCommand()
    {
        foreach (string[] args in new string[][] { [], ["--help"] })
        {
            CliResult help = await CliRun.Run(args);
            Assert.That((help.Code, help.Error), Is.EqualTo((0, "")));
            Assert.That(help.Out, Does.Contain("fovea [command]").And.Contain("Examples:").And.Contain("Exit codes:"));
            foreach (string command in new[] { "train", "eval", "predict", "summary", "bench", "selftest", "data", "devices" })
                Assert.That(help.Out, Does.Match($@"\n  {command}\b"));
        }
        Assert.That((await CliRun.Run("train", "--help")).Out, Does.Contain("--label-smoothing").And.Not.Contain("Examples:"));
    }

    private static async Task Fails(string line, int code, string expected)
    {
        CliResult result = await CliRun.Run(line.Split(' '));
        Assert.That((result.Code, result.Out), Is.EqualTo((code, "")), result.Error);
        Assert.That(result.Error, Does.StartWith("fovea: ").And.Contain(expected));
        Assert.That(result.Error.TrimEnd('\n'), Does.Not.Contain('\n'), "one line");
        Assert.That(result.Error, Does.Not.Contain("(Parameter"));
    }
}
