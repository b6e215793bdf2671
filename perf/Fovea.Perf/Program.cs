using BenchmarkDotNet.Running;

// dotnet run -c Release --project perf/Fovea.Perf -- --filter '*Gemm*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
