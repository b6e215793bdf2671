using System.Globalization;
using BenchmarkDotNet.Running;
using Fovea.Perf.Plots;

// dotnet run -c Release --project perf/Fovea.Perf -- plots docs/convolution [threads [seconds]]
if (args is ["plots", string folder, ..])
{
    ConvolutionPlots.Draw(folder, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2,
        args.Length > 3 ? double.Parse(args[3], CultureInfo.InvariantCulture) : 0.5);
    return;
}

// dotnet run -c Release --project perf/Fovea.Perf -- --filter '*Gemm*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
