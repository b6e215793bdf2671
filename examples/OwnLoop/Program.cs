// The training loop of one's own: what Trainer does, written out with the parts it is made of. It trains LeNet-5 on drawn digits
// in a few seconds, and fails if the network has not learnt.
using Fovea;
using Fovea.Data;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Losses;
using Fovea.Models;
using Fovea.Optimizers;

const int BatchSize = 50, Epochs = 3;
using Device device = Device.Open(args.Length > 0 ? args[0] : "cpu");
ImageDataset digits = Digits.Generate(trainCount: 3000, testCount: 500);
var network = new LeNet5();
network.Initialize(seed: 1);

// Build: the network's graph has an input named "input" and an output named "output". The loss is one more value of it.
ComputationGraph graph = network.Build(BatchSize, training: true, seed: 1);
Value labels = graph.Input("labels", new Shape(BatchSize), DType.Int32);
Value loss = new SoftmaxCrossEntropyLoss().Apply(graph.Named["output"], labels);

// Differentiate: gradients are values of the graph like any other. What comes between them and the update is up to you.
Value[] parameters = [.. network.Parameters.Select(graph.Read)];
IReadOnlyList<Value> gradients = graph.Differentiate(loss, parameters);

// Update: an optimizer adds its formulas. What it remembers of a parameter is a variable, which is 0 at first.
var optimizer = new Sgd(LearningRate: 0.02f, Momentum: 0.9f);
Value rate = graph.Input("rate", Shape.Scalar);
foreach ((Value parameter, Value gradient) in parameters.Zip(gradients))
{
    Value[] states = [.. optimizer.StateNames.Select(name => graph.Read(new Variable(name, parameter.Shape)))];
    optimizer.AddUpdate(parameter, gradient, states, [rate]);
}

// Compile: from here on nothing is allocated. Then for every batch: write all inputs, run, read what was asked for.
using Executable step = device.Compile(graph, loss);
FittedImages examples = digits.Train.Fit(new ImageShape(32, 32, 1), digits.Normalization);
using var loader = new BatchLoader(examples, new BatchLoaderOptions { BatchSize = BatchSize, Shuffle = true, DropLast = true });
double meanLoss = 0;
for (int epoch = 0; epoch < Epochs; epoch++)
{
    meanLoss = 0;
    foreach (Batch batch in loader.Epoch(epoch))
    {
        step.Write("input", batch.Inputs);
        step.Write("labels", batch.Labels);
        step.Write("rate", [optimizer.LearningRate * (1 - (epoch / (float)Epochs))]);
        step.Run();
        meanLoss += step.Read(0) / loader.BatchesPerEpoch;
    }
    Console.WriteLine(FormattableString.Invariant($"epoch {epoch + 1}: mean loss {meanLoss:0.0000}"));
}
return meanLoss < 0.3 ? 0 : 1;
