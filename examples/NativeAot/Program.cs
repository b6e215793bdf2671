// Trains LeNet-5 on generated digits, saves it, loads it and predicts, in a program without a just-in-time compiler.
using Fovea;
using Fovea.Data;
using Fovea.Models;
using Fovea.Optimizers;
using Fovea.Training;

using Device device = Device.Open();
Console.WriteLine($"device: {device}");

ImageDataset digits = Digits.Generate(trainCount: 2000, testCount: 500, seed: 1);
var model = new LeNet5();
var options = new TrainerOptions { Optimizer = new Sgd(0.02f, 0.9f), BatchSize = 20, Epochs = 1, Seed = 7 };
using (var trainer = new Trainer(model, device, options))
{
    TrainingResult result = trainer.Fit(digits.Train, digits.Test);
    Console.WriteLine($"parameters: {model.ParameterCount}, steps: {result.Steps}, test accuracy: {result.TestAccuracy:F3}");
}

string file = Path.Combine(Path.GetTempPath(), $"lenet5-{Environment.ProcessId}.safetensors");
model.Save(file);
var loaded = new LeNet5();
loaded.Load(file);
File.Delete(file);

LabelledImages test = digits.Test;
int correct = 0;
using (var predictor = new Predictor(loaded, device))
{
    for (int i = 0; i < test.Count; i++)
    {
        if (predictor.Predict(test.Pixels(i), test.Shape).Class == test.Label(i)) correct++;
    }
    Console.WriteLine($"predicted {correct} of {test.Count} after loading; the first with probability {predictor.Predict(test.Pixels(0), test.Shape).Probability:F3}");
}

try
{
    using Device gpu = Device.Open("cuda");
}
catch (DeviceException exception)
{
    Console.WriteLine(exception.Message);
}
return correct > test.Count * 8 / 10 ? 0 : 1;
