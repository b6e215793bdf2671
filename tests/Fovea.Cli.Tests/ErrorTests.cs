using Fovea.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Testing;

namespace Fovea.Cli.Tests;

/// <summary>What is wrong is said in one line on standard error, and the exit code tells its kind.</summary>
[TestFixture]
internal sealed class ErrorTests
{
    [TestCase("trin", "There is no command 'trin'. Did you mean train? The commands are: train, eval,")]
    [TestCase("train lenet", "There is no model 'lenet'. Did you mean lenet5? The models are: lenet5,")]
    [TestCase("train resnet9000", "There is no model 'resnet9000'. The models are: lenet5,")]
    [TestCase("train", "Required argument 'MODEL' missing for command: 'train'. MODEL: The network: lenet5, alexnet")]
    [TestCase("summary", "MODEL: The network: lenet5, alexnet")]
    [TestCase("train lenet5 --epoch 1", "fovea: train has no option '--epoch'. Did you mean --epochs? See: fovea train --help")]
    [TestCase("train --epoch 1", "fovea: train has no option '--epoch'. Did you mean --epochs? See")]
    [TestCase("predict run a.png --topp 3", "fovea: predict has no option '--topp'. Did you mean --top? See")]
    [TestCase("train lenet5 lenet5 more", "fovea: train does not take 'lenet5'. See")]
    [TestCase("train lenet5 --threads 10000", "--threads must be a whole number from 1 to ")]
    [TestCase("train lenet5 --epochs 0", "--epochs must be a whole number above 0, not '0'")]
    [TestCase("train lenet5 --epochs 1.5", "--epochs must be a whole number above 0, not '1.5'")]
    [TestCase("train lenet5 --lr -1", "--lr must be a positive finite number, not '-1'")]
    [TestCase("train lenet5 --lr NaN", "--lr must be a positive finite number, not 'NaN'")]
    [TestCase("train lenet5 --lr 1e99", "--lr must be a positive finite number, not '1e99'")]
    [TestCase("train lenet5 --momentum 1", "--momentum must be a number from 0 to below 1, not '1'")]
    [TestCase("train lenet5 --weight-decay inf", "--weight-decay must be a finite number of at least 0, not 'inf'")]
    [TestCase("train lenet5 --optimizer newton",
        "--optimizer must be one of sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, lion, not 'newton'")]
    [TestCase("train lenet5 --optimizer adam --momentum 0.5", "--momentum is for the optimizers momentum and nesterov, not for adam")]
    [TestCase("train lenet5 --loss mse --label-smoothing 0.1", "--label-smoothing is for --loss cross-entropy, not for mse")]
    [TestCase("train lenet5 --augment shake", "--augment: 'shake' is no augmentation")]
    [TestCase("train lenet5 --input 32x32", "--input: '32x32' is not an input size")]
    [TestCase("train lenet5 --device gpu", "--device: There is no device 'gpu'. This machine has: cpu, ")]
    [TestCase("train lenet5 --device cuda:-1", "--device: There is no device 'cuda:-1'")]
    [TestCase("bench lenet5 --mode tran", "--mode must be one of train, infer, not 'tran'. Did you mean train?")]
    [TestCase("train lenet5 --augment flop", "--augment: 'flop' is no augmentation. Did you mean flip?")]
    [TestCase("kernels show AvragePooling", "there is no kernel 'AvragePooling'. Did you mean AveragePooling?")]
    [TestCase("train lenet5 --data digts", "There is no data set 'digts'. Did you mean digits?")]
    [TestCase("summary vgg11 --input 8x8x3", "features.15: Pooling: a window that spans 2×2 does not fit into an image of 1×1")]
    [TestCase("summary lenet5 --classes 0", "--classes must be a whole number above 0")]
    [TestCase("bench --gemm 1,2", "--gemm: '1,2' is not three sizes above 0")]
    [TestCase("bench lenet5 --gemm 8,8,8", "--gemm measures a matrix product")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1", "--conv: '8,56,56,64,64,3,3,1' is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,0,1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,-1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,x,56,64,64,3,3,1,1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1x2x3,1", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,1x", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,1,0", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,1,1,0", "is not N,H,W,C,K,R,S,stride,pad")]
    [TestCase("bench --conv 8,56,56,64,64,3,3,1,1,1,3", "3 groups do not divide 64 input channels")]
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
    [TestCase("data get nix", "There is no data set 'nix'. Known are digits, mnist, fashion-mnist, cifar10, cifar100.\n")]
    [TestCase("data", "fovea: data needs one of its commands: list, get, show. See: fovea data --help")]
    [TestCase("kernels", "fovea: kernels needs one of its commands: list, show, dump, check.")]
    public Task WrongArguments(string line, string expected) => Fails(line, 2, expected);

    [TestCase("train lenet5 --data mnist --data-dir nowhere", "The files of mnist are not in ")]
    [TestCase("train lenet5 --resume --out nowhere", "nowhere has no checkpoint to resume from")]
    [TestCase("eval nowhere", "There is no file or folder nowhere")]
    [TestCase("data show ./nowhere", "There is no folder ./nowhere")]
    [TestCase("selftest --reference nowhere", "There is no folder nowhere.")]
    public Task MissingFiles(string line, string expected) => Fails(line, 3, expected);

    [Test]
    public async Task WhatIsAtAPathIsSaid()
    {
        using var folder = new TempFolder();
        new LeNet5().Save(folder["lenet5.safetensors"]);
        folder.Write("file", [1]);
        await Fails($"predict {folder["lenet5.safetensors"]} {folder.Path}", 3, $"{folder.Path} is a folder, not a file");
        await Fails($"train lenet5 --train-count 8 --out {folder["file"]}", 3, "cannot be made: a file has that name", lastLine: true);
        await Fails(
            $"train lenet5 --train-count 8 --out {folder["file"]}/run", 3, "cannot be made: the folder above it is a file", lastLine: true);
        await Fails($"selftest --reference {folder["file"]}", 3, "file is a file, not a folder");
    }

    [Test]
    public async Task WeightsOfANetworkOfOnesOwnNeedItsName()
    {
        using var folder = new TempFolder();
        new Own().Save(folder["own.safetensors"]);
        await Fails(
            $"eval {folder["own.safetensors"]}", 2,
            "does not say which network its weights belong to. Name it with --model: lenet5, alexnet");
        new LeNet5().Save(folder["lenet5.safetensors"]);
        CliResult named = await CliRun.Run("eval", folder["lenet5.safetensors"], "--test-count", "4");
        Assert.That((named.Code, named.Out), Is.EqualTo((0, named.Out)), named.Error);
        Assert.That(named.Out, Does.StartWith("lenet5 on digits: accuracy 0."));
    }

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

    /// <param name="line">The command line.</param>
    /// <param name="code">The exit code.</param>
    /// <param name="expected">What the error says.</param>
    /// <param name="lastLine">Whether notices may stand before the error.</param>
    private static async Task Fails(string line, int code, string expected, bool lastLine = false)
    {
        CliResult result = await CliRun.Run(line.Split(' '));
        Assert.That((result.Code, result.Out), Is.EqualTo((code, "")), result.Error);
        string error = lastLine ? result.Error.TrimEnd('\n').Split('\n')[^1] : result.Error;
        Assert.That(error, Does.StartWith("fovea: ").And.Contain(expected));
        Assert.That(error.TrimEnd('\n'), Does.Not.Contain('\n'), "one line");
        Assert.That(result.Error, Does.Not.Contain("(Parameter"));
    }

    private sealed class Own() : Network(new Shape(4))
    {
        private readonly Linear head = new(2);

        public override Value Forward(Value x) => head.Apply(x);
    }
}
