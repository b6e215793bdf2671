// Trains, saves, loads and predicts in a program that was compiled ahead of time: a published LeNet-5, and a network of its own with
// layers in a list and running statistics in buffers.
using Fovea;
using Fovea.Data;
using Fovea.Examples.NativeAot;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Training;

using Device device = Device.Open();
Console.WriteLine($"device: {device}");
ImageDataset digits = Digits.Generate(trainCount: 2000, testCount: 500, seed: 1);
bool learned = Learns(() => new LeNet5()) & Learns(() => new StackedNetwork());
try
{
    using Device gpu = Device.Open("cuda");
}
catch (DeviceException exception)
{
    Console.WriteLine(exception.Message);
}
return learned ? 0 : 1;

bool Learns(Func<Network> make)
{
    string folder = Directory.CreateTempSubdirectory("fovea").FullName;
    Network model = make(), loaded = make();
    var options = new TrainerOptions
    {
        Optimizer = new Sgd(0.02f, 0.9f),
        BatchSize = 20,
        Epochs = 1,
        Seed = 7,
        CheckpointPath = Path.Combine(folder, "checkpoint.safetensors"),
    };
    double accuracy;
    using (var trainer = new Trainer(model, device, options)) accuracy = trainer.Fit(digits.Train, digits.Test).TestAccuracy;
    Console.WriteLine($"{model.GetType().Name}: {model.ParameterCount} parameters, {model.BufferCount} in buffers");
    Console.WriteLine($"  test accuracy {accuracy:F3}");
    Console.WriteLine($"  parameters: {string.Join(' ', model.Parameters.Select(parameter => parameter.Name))}");
    Console.WriteLine($"  buffers: {string.Join(' ', model.Buffers.Select(buffer => buffer.Name))}");

    string file = Path.Combine(folder, "weights.safetensors");
    model.Save(file);
    loaded.Load(file);
    Directory.Delete(folder, recursive: true);
    LabelledImages test = digits.Test;
    int correct = 0;
    using (var predictor = new Predictor(loaded, device))
    {
        for (int i = 0; i < test.Count; i++)
        {
            if (predictor.Predict(test.Pixels(i), test.Shape).Class == test.Label(i)) correct++;
        }
    }
    Console.WriteLine($"  after loading, {correct} of {test.Count} are predicted");
    return accuracy > 0.8 && correct == (int)Math.Round(accuracy * test.Count);
}
