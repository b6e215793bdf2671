using Fovea.Compilation;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Verification;
using GraphProgram = Fovea.Compilation.Program;

namespace Fovea.Core.Tests;

internal sealed class FusionTests
{
    private static List<Op> Fused(params Value[] fetches) =>
        [.. Fusion.Apply(GraphProgram.From(fetches[0].Graph, fetches)).Nodes.Select(node => node.Op)];

    [Test]
    public void AChainOfMapsBecomesOne()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(2, 3)), bias = graph.Input("bias", new Shape(3));
        List<Op> ops = Fused(((x.Tanh() + bias) * x.Sigmoid()).Scale(2).Silu());
        Assert.That(ops.OfType<MapOp>().Count(), Is.EqualTo(1));
        Assert.That(ops, Has.Count.EqualTo(3));
    }

    [Test]
    public void AValueThatIsReadTwiceOrFetchedStays()
    {
        var graph = new ComputationGraph();
        Value twice = graph.Input("x", new Shape(2, 3)).Tanh(), sum = twice.Sigmoid() + twice.Softmax();
        Assert.That(Fused(sum).OfType<MapOp>().Count(), Is.EqualTo(2));
        Value once = graph.Input("y", new Shape(2)).Tanh(), end = once.Sigmoid();
        Assert.That(Fused(end).OfType<MapOp>().Count(), Is.EqualTo(1));
        Assert.That(Fused(end, once).OfType<MapOp>().Count(), Is.EqualTo(2));
    }

    [Test]
    public void TheRectifierGoesIntoConvolutionsAndProducts()
    {
        var graph = new ComputationGraph();
        Value convolved = graph.Add(new ConvolutionOp(new ConvolutionGeometry(new Window())), graph.Input("x", new Shape(1, 4, 4, 2)),
            graph.Input("w", new Shape(3, 2, 2, 2)));
        Value end = convolved.Relu().Flatten().MatMul(graph.Input("m", new Shape(27, 5))).Relu();
        List<Op> ops = Fused(end);
        Assert.That(ops.OfType<MapOp>(), Is.Empty);
        Assert.That(ops.OfType<ConvolutionOp>().Single().Activation, Is.EqualTo(Activation.Relu));
        Assert.That(ops.OfType<MatrixProductOp>().Single().Activation, Is.EqualTo(Activation.Relu));
        Assert.That(Fused(end, convolved).OfType<ConvolutionOp>().Single().Activation, Is.EqualTo(Activation.None),
            "the plain result is wanted too");
    }

    [Test]
    public void FusedChainsKeepWithinTheirLimits()
    {
        var graph = new ComputationGraph();
        Value sum = graph.Input("x", new Shape(2, 3));
        for (int i = 0; i < 40; i++) sum = (sum + graph.Input($"x{i}", new Shape(2, 3))).Tanh();
        Node[] maps = [.. Fusion.Apply(GraphProgram.From(graph, [sum])).Nodes.Where(node => node.Op is MapOp)];
        Assert.That(maps, Has.Length.InRange(2, 20));
        Assert.That(maps.Select(map => map.Inputs.Count), Has.All.LessThanOrEqualTo(8));
        Assert.That(maps.Select(map => ((MapOp)map.Op).Formula.Size), Has.All.LessThanOrEqualTo(24));
    }

    // The update stands in the middle of the graph; whatever reads the variable, or a view of it, still sees the old values.
    [Test]
    public void AVariableIsReadBeforeItsUpdate([Values] bool view)
    {
        var graph = new ComputationGraph();
        var variable = new Variable("v", new Shape(4));
        variable.Value.Span.Fill(2);
        Value read = view ? graph.Read(variable).Reshape(new Shape(2, 2)) : graph.Read(variable), before = view ? read : read.Scale(3);
        new Sgd(1).AddUpdate(graph.Read(variable), graph.Input("g", new Shape(4)), [], [graph.Input("rate", Shape.Scalar)]);
        Value after = before.Scale(view ? 3 : 1).Softmax() + before.Scale(view ? 3 : 1).Scale(0.5f);
        using Device device = Device.Open("cpu", 1);
        using Executable executable = device.Compile(graph, after);
        executable.Write("g", [1f, 1, 1, 1]);
        executable.Write("rate", [1f]);
        executable.Run();
        float[] values = new float[4];
        executable.Read(0, values);
        Assert.That(values, Has.All.EqualTo((view ? 0.5f : 0.25f) + 3));
        Assert.That(variable.Value.Span.ToArray(), Has.All.EqualTo(1f));
    }

    [TestCaseSource(typeof(AwkwardCases), nameof(AwkwardCases.All))]
    public void FusedProgramsMeanTheSame(GraphCase source)
    {
        GraphRun run = GraphRun.Of(source);
        GraphProgram plain = GraphProgram.From(run.Graph, [.. run.Fetches.Select(fetch => fetch.Value)]), fused = Fusion.Apply(plain);
        Assert.That(fused.Nodes, Has.Count.LessThanOrEqualTo(plain.Nodes.Count));
        IReadOnlyList<double[]> expected = run.Expected(), actual = run.Interpreter().Run(fused.Fetches);
        for (int i = 0; i < expected.Count; i++)
            Assert.That(actual[i].Zip(expected[i], (a, e) => Math.Abs(a - e)).Max(),
                Is.LessThanOrEqualTo(1e-13 * expected[i].Max(Math.Abs)), run.Fetches[i].Name);
    }
}
