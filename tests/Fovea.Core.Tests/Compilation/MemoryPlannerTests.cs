using Fovea.Compilation;
using Fovea.Cpu;
using Fovea.Graph;
using Fovea.Layers;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Testing;
using Fovea.Verification;
using GraphProgram = Fovea.Compilation.Program;

namespace Fovea.Core.Tests;

internal sealed class MemoryPlannerTests
{
    private sealed record Planned(GraphProgram Program, Node[] Steps, MemoryPlan Plan);

    private static Planned Plan(ComputationGraph graph, params Value[] fetches)
    {
        using var backend = new CpuBackend(2);
        GraphProgram program = Fusion.Apply(GraphProgram.From(graph, fetches)).ScheduleUpdates();
        Node[] steps = [.. program.Nodes.Where(node => node.Op is not (InputOp or VariableOp) && !node.Op.IsView)];
        long[] workspaces = [.. steps.Select(node => backend.Lower(node, CompileOptions.Default).WorkspaceBytes)];
        return new Planned(program, steps, MemoryPlanner.Plan(program, steps, workspaces));
    }

    private static readonly Func<Network>[] Networks =
    [
        () => new LeNet5(), () => new AlexNet(10, new Shape(67, 67, 3)), () => new AlexNet(10, new Shape(67, 67, 3), grouped: true), () =>
            new Vgg(11, 10, new Shape(32, 32, 3)),
    ];

    [TestCaseSource(nameof(Networks))]
    public void TrainingStepsReadOnlyWhatIsStillThere(Func<Network> make)
    {
        Network network = make();
        ComputationGraph graph = network.Build(batch: 3, training: true);
        Value loss = new SoftmaxCrossEntropyLoss().Apply(graph.Named["output"], graph.Input("labels", new Shape(3), DType.Int32));
        Value[] parameters = [.. network.Parameters.Select(graph.Read)];
        IReadOnlyList<Value> gradients = graph.Differentiate(loss, parameters);
        Value rate = graph.Input("rate", Shape.Scalar);
        for (int i = 0; i < parameters.Length; i++)
            new Sgd(0.1f, 0.9f).AddUpdate(parameters[i], gradients[i], [graph.Read(new Variable("v", parameters[i].Shape))], [rate]);

        Planned planned = Plan(graph, loss, graph.Named["output"]);
        Simulate(planned);
        Assert.That(planned.Plan.PeakBytes, Is.LessThan(planned.Plan.TotalBytes).And.GreaterThanOrEqualTo(MostAliveAtOnce(planned)));
        Assert.That(planned.Plan.VariableBytes, Is.EqualTo(2 * 4 * network.Parameters.Sum(parameter => parameter.Shape.Count)));
    }

    [TestCaseSource(typeof(AwkwardCases), nameof(AwkwardCases.All))]
    public void SmallGraphsReadOnlyWhatIsStillThere(GraphCase source)
    {
        GraphRun run = GraphRun.Of(source);
        Planned planned = Plan(run.Graph, [.. run.Fetches.Select(fetch => fetch.Value)]);
        Simulate(planned);
        Assert.That(planned.Plan.PeakBytes, Is.LessThanOrEqualTo(planned.Plan.TotalBytes));
    }

    /// <summary>Goes through the steps and keeps a book of what lies where: whatever is read must not have been overwritten.</summary>
    private static void Simulate(Planned planned)
    {
        var book = new List<(Value Value, long Start, long End)>();
        foreach (Node input in planned.Program.Nodes.Where(node => node.Op is InputOp)) Write(input.Outputs[0]);
        for (int i = 0; i < planned.Steps.Length; i++)
        {
            Node node = planned.Steps[i];
            foreach (Value input in node.Inputs) Read(input, node);
            if (planned.Plan.Workspaces[i] is { } workspace)
            {
                (long, long) scratch = (workspace.Offset, workspace.Offset + workspace.Bytes);
                foreach (Value used in node.Inputs.Concat(node.Outputs))
                    Assert.That(IsVariable(used) || !Overlap(scratch, Range(used)), $"step {i}: the workspace covers {used}");
                book.RemoveAll(entry => Overlap((entry.Start, entry.End), scratch));
            }
            foreach (Value output in node.Outputs)
            {
                for (int k = 0; k < node.Inputs.Count; k++)
                {
                    if (IsVariable(node.Inputs[k]) || !Overlap(Range(node.Inputs[k]), Range(output))) continue;
                    Assert.That(node.Op.MayOverwrite(k) && Range(node.Inputs[k]) == Range(output),
                        $"step {i} overwrites its input {node.Inputs[k]}");
                }
                Write(output);
            }
        }
        foreach (Value fetch in planned.Program.Fetches) Read(fetch, null);

        void Write(Value value)
        {
            (long start, long end) = Range(value);
            Assert.That(start >= 0 && end <= planned.Plan.PeakBytes && start % 64 == 0);
            book.RemoveAll(entry => Overlap((entry.Start, entry.End), (start, end)));
            book.Add((value, start, end));
        }

        void Read(Value value, Node? reader)
        {
            if (!IsVariable(value)) Assert.That(book.Any(entry => entry.Value == Root(value) && (entry.Start, entry.End) == Range(value)),
                $"{reader?.Op} reads {value}, which was overwritten");
        }

        (long Start, long End) Range(Value value)
        {
            long offset = planned.Plan.Values[value].Offset;
            return (offset, offset + value.Spec.Bytes);
        }
    }

    /// <summary>No plan can need less: at some step so many bytes are still to be read.</summary>
    private static long MostAliveAtOnce(Planned planned) => Enumerable.Range(0, planned.Steps.Length).Max(step =>
        planned.Steps.Take(step + 1).SelectMany(node => node.Outputs)
            .Where(value => planned.Steps.Skip(step + 1).Any(later => later.Inputs.Any(input => Root(input) == value)))
            .Sum(value => value.Spec.Bytes));

    private static Value Root(Value value) => value.Producer.Op.IsView ? Root(value.Producer.Inputs[0]) : value;

    private static bool IsVariable(Value value) => Root(value).Producer.Op is VariableOp;

    private static bool Overlap((long Start, long End) a, (long Start, long End) b) => a.Start < b.End && b.Start < a.End;

    [Test]
    public void ElementwiseResultsTakeTheirInputsPlace()
    {
        var graph = new ComputationGraph();
        Value a = graph.Input("a", new Shape(40, 40)), b = graph.Input("b", new Shape(40, 40));
        Value end = (a.MatMul(b).Softmax() * a).MatMul(b);
        Planned planned = Plan(graph, end);
        Node product = planned.Steps.Single(step => step.Op is MapOp);
        Assert.That(planned.Plan.Values[product.Outputs[0]], Is.SameAs(planned.Plan.Values[product.Inputs[0]]));
    }

    [Test]
    public void WhatIsReadLaterOrFetchedIsNotOverwritten()
    {
        var graph = new ComputationGraph();
        Value a = graph.Input("a", new Shape(40, 40)), soft = a.Softmax(), map = soft.Tanh();
        Planned kept = Plan(graph, map, soft), dead = Plan(graph, map);
        Assert.That(kept.Plan.Blocks, Has.Count.EqualTo(3));
        Assert.That(dead.Plan.Blocks, Has.Count.EqualTo(2));
    }

    [Test]
    public void ViewsShareTheirInputsBlock()
    {
        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(2, 3, 4)).Softmax(), flat = x.Flatten(), back = flat.Reshape(new Shape(4, 6));
        Planned planned = Plan(graph, flat, back, x);
        Assert.That(planned.Program.Fetches.Select(fetch => planned.Plan.Values[fetch]).Distinct().Count(), Is.EqualTo(1));
        Assert.That(planned.Plan.Blocks, Has.Count.EqualTo(2));
    }

    [Test]
    public void TheReportNamesStepsPeakAndSavings()
    {
        ComputationGraph graph = new LeNet5().Build(batch: 64);
        MemoryPlan plan = Plan(graph, graph.Named["output"]).Plan;
        string[] lines = plan.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[0], Does.Contain("conv1").And.Contain("64×28×28×6").And.Contain("1.1 MiB"));
        Assert.That(lines[^1], Does.StartWith($"arena {MemoryPlan.Size(plan.PeakBytes)} in {plan.Blocks.Count} blocks").And.Contain(
            "saved").And.Contain("variables 241.0 KiB"));
        Assert.That(plan.Largest(2).First(), Is.EqualTo(("conv1 (ConvolutionOp)", 64L * 28 * 28 * 6 * 4)));
    }
}
