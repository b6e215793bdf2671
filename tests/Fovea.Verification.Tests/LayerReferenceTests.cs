using Fovea.Execution;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Testing;

namespace Fovea.Verification.Tests;

/// <summary>Layers with the parameters of reference cases give what PyTorch's layers of those names give.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class LayerReferenceTests(string device) : DeviceTests(device)
{
    private static readonly Dictionary<string, Func<Module>> Layers = new()
    {
        ["conv1d_dilated"] = () => new Conv1d(6, 3, stride: 2, padding: 2, dilation: 2, groups: 2),
        ["conv_transpose2d_groups"] = () => new ConvTranspose2d(6, (3, 2), (2, 3), (1, 0), (1, 0), (1, 2), groups: 2),
        ["maxpool1d"] = () => new MaxPool1d(3, 2, 1),
        ["avgpool1d"] = () => new AvgPool1d(4, 3, 1),
        ["lppool2d"] = () => new L2Pool2d((3, 2), 2),
        ["adaptive_avgpool2d_uneven"] = () => new AdaptiveAvgPool2d((3, 4)),
        ["upsample_nearest"] = () => new Upsample((2, 3)),
        ["upsample_bilinear_corners"] = () => new Upsample((2, 3), Interpolation.Bilinear, alignCorners: true),
        ["upsample_bilinear_centres"] = () => new Upsample((2, 3), Interpolation.Bilinear),
        ["groupnorm"] = () => new GroupNorm(3),
        ["batchnorm_features"] = () => new BatchNorm(epsilon: 1e-3f),
        ["layernorm_image"] = () => new LayerNorm(3),
        ["selu"] = () => new Selu(),
        ["mish"] = () => new Mish(),
        ["softplus"] = () => new Softplus(),
        ["relu6"] = () => new Relu6(),
        ["hardsigmoid"] = () => new HardSigmoid(),
        ["hardswish"] = () => new HardSwish(),
        ["gelu_tanh"] = () => new Gelu(approximate: true),
    };

    private static IEnumerable<string> Cases => Layers.Keys;

    [TestCaseSource(nameof(Cases))]
    public void ALayerGivesWhatPyTorchGives(string name)
    {
        ReferenceCase source = ReferenceCase.Load(Path.Combine(ReferenceTests.OwnFolder, $"{name}.safetensors"));
        var names = new ReferenceGraph(source);
        Shape input = names.Layout("input").Internal(source.Shape("input"));
        var network = new Wrapped(Layers[name](), new Shape(input.Dimensions[1..]));
        ComputationGraph graph = network.Build(input[0]);
        foreach (ModuleVariable variable in network.Parameters.Concat<ModuleVariable>(network.Buffers))
        {
            string tensor = variable.Name["layer.".Length..];
            if (tensor == "num_batches_tracked") continue;
            Assert.That(variable.Layout.External(variable.Shape), Is.EqualTo(source.Shape(tensor)), tensor);
            variable.Layout.FromExternal(variable.Shape, source.Values(tensor), variable.Value.Span);
        }
        Value output = graph.Named["output"];
        using Executable executable = Device.Compile(graph, output);
        float[] x = new float[input.Count], y = new float[output.Shape.Count], expected = new float[output.Shape.Count];
        names.Layout("input").FromExternal(input, source.Values("input"), x);
        executable.Write("input", x);
        executable.Run();
        executable.Read(0, y);
        Assert.That(output.Shape, Is.EqualTo(names.Layout("output").Internal(source.Shape("output"))));
        names.Layout("output").FromExternal(output.Shape, source.Values("output"), expected);
        for (int i = 0; i < y.Length; i++) Assert.That(y[i], Is.EqualTo(expected[i]).Within(source.Tolerance("output")), $"element {i}");
    }

    private sealed class Wrapped(Module layer, Shape input) : Network(input)
    {
        private readonly Module layer = layer;

        public override Value Forward(Value x) => layer.Apply(x);
    }
}
