using Fovea.Compilation;
using Fovea.Core.Random;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Optimizers;
using Fovea.Testing;
using GraphProgram = Fovea.Compilation.Program;

namespace Fovea.Core.Tests;

internal sealed class UpdateGroupingTests
{
    private static readonly Shape[] Shapes = [new(7, 3), new(1), new(2, 3, 3, 5), new(4099), new(4), new(64, 33), new(1, 1, 5), new(1025)];

    [Test]
    public void ManyTensorsChangeAsEachAlone([Values] bool adam)
    {
        Optimizer optimizer = adam ? new Adam { WeightDecay = 0.01f } : new Sgd(0.1f, 0.9f, Nesterov: true) { L1 = 0.02f };
        Variable[][] together = Variables(optimizer), alone = Variables(optimizer);
        var accelerator = new CountingDevice();
        using Device device = Device.Over(accelerator);
        int launches = accelerator.Launches;
        using (Executable executable = Compile(device, optimizer, together))
        {
            Feed(executable, optimizer, together);
            executable.Run();
            // A tensor with one element takes its scalars for tensors of its own shape, and so has a formula of its own.
            Assert.That(accelerator.Launches - launches, Is.EqualTo(2));
        }
        for (int i = 0; i < alone.Length; i++)
        {
            using Executable executable = Compile(device, optimizer, alone, i);
            Feed(executable, optimizer, alone, i);
            executable.Run();
        }
        for (int i = 0; i < alone.Length; i++)
        {
            for (int j = 0; j < alone[i].Length; j++)
                Assert.That(together[i][j].Value.Span.ToArray(), Is.EqualTo(alone[i][j].Value.Span.ToArray()), $"{Shapes[i]}, {j}");
        }
        Assert.That(device.Memory.Buffers, Is.Zero);
    }

    [Test]
    public void TensorsInSeveralBlocksAreStillUpdated()
    {
        var optimizer = new Sgd(0.5f);
        Variable[][] variables = Variables(optimizer);
        var accelerator = new CountingDevice();
        using Device device = Device.Over(accelerator);
        // What is compiled first has a block of its own, which the others then do not get into.
        using Executable first = Compile(device, optimizer, variables, 0), second = Compile(device, optimizer, variables, 3),
            all = Compile(device, optimizer, variables);
        float[][] expected =
            [.. variables.Select((slot, i) => slot[0].Value.Span.ToArray().Zip(Gradient(i), (p, g) => p - (0.5f * g)).ToArray())];
        Feed(all, optimizer, variables);
        all.Run();
        Assert.That(accelerator.Launches, Is.EqualTo(4));
        for (int i = 0; i < variables.Length; i++) Assert.That(variables[i][0].Value.Span.ToArray(), Is.EqualTo(expected[i]));
    }

    // Elements: 21, 1, 90, 4099, 4, 2112, 5, 1025. The second is of another kind than the rest.
    [TestCase(long.MaxValue, 1, 1)]
    [TestCase(4 * 4099, 2, 2)] // the fourth ends a group and is one by itself
    [TestCase(4 * 4098, 1, 2)] // it does not wait at all
    [TestCase(3, 0, 8)]
    public void AGroupEndsWhenItHoldsEnough(long most, int groups, int singles)
    {
        GraphProgram program = UpdateGrouping.Apply(Program(out Value[] gradients), most);
        UpdateGroupOp[] merged = [.. program.Nodes.Select(node => node.Op).OfType<UpdateGroupOp>()];
        Assert.That((merged.Length, program.Nodes.Count(node => node.Op is UpdateOp)), Is.EqualTo((groups, singles)));
        Assert.That(merged.Sum(group => group.Members) + singles, Is.EqualTo(Shapes.Length));
        foreach (Node node in program.Nodes.Where(node => node.Op is UpdateGroupOp))
            Assert.That(node.Inputs.Where(gradients.Contains).Sum(gradient => gradient.Spec.Bytes), Is.LessThanOrEqualTo(most));
        foreach (Node node in program.Nodes)
            Assert.That(node.Inputs.Select(input => program.Nodes.ToList().IndexOf(input.Producer)),
                Has.All.InRange(0, program.Nodes.ToList().IndexOf(node) - 1));
    }

    [Test]
    public void UpdatesThatDifferStayApart()
    {
        var graph = new ComputationGraph();
        var shape = new Shape(6);
        Value rate = graph.Input("rate", Shape.Scalar);
        Value average = graph.Read(new Variable("average", shape));
        for (int i = 0; i < 2; i++)
        {
            new Sgd(1).AddUpdate(graph.Read(new Variable("a", shape)), graph.Input($"a{i}", shape), [], [rate]);
            new Sgd(1) { WeightDecay = 0.1f }.AddUpdate(graph.Read(new Variable("b", shape)), graph.Input($"b{i}", shape), [], [rate]);
            graph.AddNode(new UpdateOp([Expression.Input(0) * 0.9f + Expression.Input(1)]), graph.Read(new Variable("c", shape)), average);
        }
        GraphProgram program = UpdateGrouping.Apply(GraphProgram.From(graph, []), long.MaxValue);
        Assert.That(
            program.Nodes.Select(node => node.Op).OfType<UpdateGroupOp>().Select(group => group.Members), Is.EqualTo(new[] { 2, 2 }));
        Assert.That(program.Nodes.Count(node => node.Op is UpdateOp), Is.EqualTo(2), "what reads another variable does not wait");
    }

    /// <summary>The gradients of a chain arrive one after the other.</summary>
    private static GraphProgram Program(out Value[] gradients)
    {
        var graph = new ComputationGraph();
        Value rate = graph.Input("rate", Shape.Scalar);
        gradients = [.. Shapes.Select((shape, i) => graph.Input($"x{i}", shape).Tanh())];
        for (int i = 0; i < Shapes.Length; i++)
            new Sgd(1).AddUpdate(graph.Read(new Variable($"v{i}", Shapes[i])), gradients[i], [], [rate]);
        return GraphProgram.From(graph, []).ScheduleUpdates();
    }

    private static Variable[][] Variables(Optimizer optimizer)
    {
        var random = new RandomStream(3, 1);
        return [.. Shapes.Select(shape => (Variable[])[.. Enumerable.Range(0, 1 + optimizer.StateNames.Count).Select(_ =>
        {
            var variable = new Variable("v", shape);
            foreach (ref float value in variable.Value.Span) value = 0.1f + random.NextSingle();
            return variable;
        })])];
    }

    private static Executable Compile(Device device, Optimizer optimizer, Variable[][] variables, int only = -1)
    {
        var graph = new ComputationGraph();
        Value[] scalars = [.. Enumerable.Range(0, optimizer.ScalarCount).Select(i => graph.Input($"s{i}", Shape.Scalar))];
        for (int i = 0; i < variables.Length; i++)
        {
            if (only < 0 || only == i) optimizer.AddUpdate(graph.Read(variables[i][0]), graph.Input($"g{i}", Shapes[i]),
                [.. variables[i][1..].Select(graph.Read)], scalars);
        }
        return device.Compile(graph);
    }

    private static void Feed(Executable executable, Optimizer optimizer, Variable[][] variables, int only = -1)
    {
        float[] scalars = new float[optimizer.ScalarCount];
        optimizer.Scalars(3, optimizer.LearningRate, scalars);
        for (int i = 0; i < scalars.Length; i++) executable.Write($"s{i}", scalars.AsSpan(i, 1));
        for (int i = 0; i < variables.Length; i++)
        {
            if (only < 0 || only == i) executable.Write($"g{i}", Gradient(i));
        }
    }

    private static float[] Gradient(int index)
    {
        var random = new RandomStream(4, (ulong)index);
        float[] values = new float[Shapes[index].Count];
        foreach (ref float value in values.AsSpan()) value = random.NextNormal();
        return values;
    }
}
