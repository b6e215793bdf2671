using System.Globalization;
using System.Numerics.Tensors;
using System.Reflection;
using Fovea.Compilation;
using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Core.Tuning;

/// <summary>Chooses how a convolution is computed on one device.</summary>
/// <param name="backend">The device.</param>
/// <param name="name">What tells it from other devices, in files of choices: its kind, its maker's name for it, its threads.</param>
/// <param name="costs">How long things take on devices of its kind.</param>
/// <param name="methods">The algorithms that it has. <see cref="ConvolutionAlgorithm.ImplicitGemm"/> must be among them and do
/// everything.</param>
internal sealed class ConvolutionChooser(IBackend backend, string name, ConvolutionCosts costs, IReadOnlyList<ConvolutionMethod> methods)
{
    /// <summary>
    /// Two results agree if they differ by less than this share of the largest number: rounding stays far below, mistakes do not.
    /// </summary>
    private const float Agreement = 1e-3f;

    /// <summary>
    /// Candidates take turns at least so many times, and oftener if they are done in a moment; of each the fastest run counts.
    /// </summary>
    private const int Rounds = 6, MostRounds = 200;

    /// <summary>What is shorter, another process may disturb as a whole.</summary>
    private const double LeastSeconds = 0.06;

    /// <summary>
    /// One that takes so many times as long as the best in its first four runs, some of which compile code, gets no other.
    /// </summary>
    private const double SlowdownLimit = 2;

    private static readonly string Engine =
        typeof(ConvolutionChooser).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private readonly Lock gate = new();
    private readonly Dictionary<string, ChoiceFile> files = [];

    /// <summary>The algorithms.</summary>
    public IReadOnlyList<ConvolutionMethod> Methods => methods;

    /// <summary>Is told of algorithms that fail and of files that are damaged.</summary>
    public Action<string> Report { get; init; } = message => System.Diagnostics.Trace.TraceWarning(message);

    /// <summary>Chooses for a node, which is one pass of a convolution.</summary>
    public ConvolutionStep Lower(
        Node node, CompileOptions options, IProgress<PreparationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ConvolutionProblem problem = ConvolutionProblem.Of(node.Op, [.. node.Inputs.Select(input => input.Spec)])
            ?? throw new NotSupportedException($"{node.Op.Name} is no convolution.");
        (ConvolutionAlgorithm algorithm, IStep step) = Choose(problem, options, progress, cancellationToken);
        return new ConvolutionStep(step, new ConvolutionChoice(node.Path, problem.Pass, problem.Shape, algorithm));
    }

    /// <summary>Chooses and prepares.</summary>
    public (ConvolutionAlgorithm Algorithm, IStep Step) Choose(
        ConvolutionProblem problem, CompileOptions options, IProgress<PreparationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        if (options.ConvolutionAlgorithm != ConvolutionAlgorithm.Auto) return First(problem, options, [options.ConvolutionAlgorithm]);
        bool tunes = options.Tunes(problem.Shape) && ConvolutionTrial.Fits(problem);
        if (options.ChoiceFile is not null || tunes)
        {
            lock (gate)
            {
                ChoiceFile file = File(options.ChoiceFile ?? ChoiceFile.PathOf(ChoiceFile.Folder, name));
                string key = Key(problem, options);
                if (ConvolutionNames.Find(file.Find(key)) is { } remembered and not ConvolutionAlgorithm.Auto
                    && IsAllowed(remembered, options) && Try(problem, options, remembered) is { } step) return (remembered, step);
                if (tunes)
                {
                    ConvolutionAlgorithm best = Measure(problem, options, progress, cancellationToken);
                    file.Add(key, best.Name());
                    return First(problem, options, [best]);
                }
            }
        }
        return First(problem, options, ConvolutionPlanner.Order(
            problem.Shape, problem.Pass, costs,
            [.. methods.Select(method => method.Algorithm).Where(algorithm => IsAllowed(algorithm, options))]));
    }

    // F(4×4) spreads the rounding of one large number over its tile: who wants the same numbers everywhere wants none of that.
    private static bool IsAllowed(ConvolutionAlgorithm algorithm, CompileOptions options) =>
        !options.Reproducible || algorithm != ConvolutionAlgorithm.Winograd4;

    /// <summary>The algorithms that apply to a problem and keep to the limit of memory, prepared, implicit GEMM first.</summary>
    public IEnumerable<(ConvolutionAlgorithm Algorithm, IStep Step)> Candidates(ConvolutionProblem problem, CompileOptions options)
    {
        foreach (ConvolutionMethod method in methods.OrderBy(method => method.Algorithm != ConvolutionAlgorithm.ImplicitGemm))
        {
            if (Try(problem, options, method.Algorithm) is { } step) yield return (method.Algorithm, step);
        }
    }

    private (ConvolutionAlgorithm Algorithm, IStep Step) First(
        ConvolutionProblem problem, CompileOptions options, IEnumerable<ConvolutionAlgorithm> wanted)
    {
        foreach (ConvolutionAlgorithm algorithm in wanted.Append(ConvolutionAlgorithm.ImplicitGemm))
        {
            if (Try(problem, options, algorithm) is { } step) return (algorithm, step);
        }
        throw new NotSupportedException($"The device has no algorithm for {problem.Op}.");
    }

    private IStep? Try(ConvolutionProblem problem, CompileOptions options, ConvolutionAlgorithm algorithm)
    {
        if (methods.FirstOrDefault(method => method.Algorithm == algorithm) is not { } method
            || !method.Supports(problem.Shape, problem.Pass)) return null;
        IStep step = method.Create(problem);
        if (step.WorkspaceBytes <= (options.WorkspaceLimit ?? long.MaxValue) || algorithm == ConvolutionAlgorithm.ImplicitGemm) return step;
        (step as IDisposable)?.Dispose();
        return null;
    }

    /// <summary>Measures the candidates on random numbers, and trusts those alone that agree with implicit GEMM.</summary>
    private ConvolutionAlgorithm Measure(
        ConvolutionProblem problem, CompileOptions options, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        int tried = 0;
        ConvolutionProblem plain = ConvolutionProblem.Of(problem.Shape, problem.Pass);
        using var trial = new ConvolutionTrial(backend, plain);
        var trusted = new List<(ConvolutionAlgorithm Algorithm, int Entry)>();
        float[] reference = [];
        foreach ((ConvolutionAlgorithm algorithm, IStep step) in Candidates(plain, options))
        {
            progress?.Report(new PreparationProgress(
                PreparationPhase.Measuring, tried++, methods.Count, $"{algorithm.Name()} for {Describe(problem)}"));
            try
            {
                int entry = trial.Add(step, progress, cancellationToken);
                trial.FillResultWithNaN();
                trial.Run(entry);
                float[] result = trial.Read();
                if (algorithm == ConvolutionAlgorithm.ImplicitGemm) reference = [.. result];
                else if (!Agrees(result, reference))
                {
                    Report($"{name}: {algorithm.Name()} computes something else than implicit GEMM for "
                        + $"{Describe(problem)} and is not used.");
                    continue;
                }
                trusted.Add((algorithm, entry));
            }
            catch (Exception exception) when (
                algorithm != ConvolutionAlgorithm.ImplicitGemm
                && exception is DeviceFailureException or KernelCompilationException or NotSupportedException or OutOfMemoryException)
            {
                Report($"{name}: {algorithm.Name()} failed for {Describe(problem)} and is not used: {exception.Message}");
            }
        }
        return Fastest(trusted, entry =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return trial.Run(entry);
        });
    }

    /// <summary>Lets candidates take turns and gives the one with the fastest run.</summary>
    internal static ConvolutionAlgorithm Fastest(List<(ConvolutionAlgorithm Algorithm, int Entry)> candidates, Func<int, double> run)
    {
        double[] best = new double[candidates.Count];
        Array.Fill(best, double.PositiveInfinity);
        double spent = 0;
        for (int round = 0; round < Rounds || (spent < LeastSeconds && round < MostRounds); round++)
        {
            double fastest = best.Min();
            for (int i = 0; i < best.Length; i++)
            {
                if (round > 3 && best[i] > SlowdownLimit * fastest) continue;
                double seconds = run(candidates[i].Entry);
                spent += seconds;
                best[i] = Math.Min(best[i], seconds);
            }
        }
        return candidates[Array.IndexOf(best, best.Min())].Algorithm;
    }

    private static bool Agrees(float[] result, float[] reference)
    {
        float maximum = TensorPrimitives.MaxMagnitude<float>(reference) is var largest ? Math.Abs(largest) : 0;
        float difference = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            float each = Math.Abs(result[i] - reference[i]);
            if (float.IsNaN(each)) return false;
            difference = Math.Max(difference, each);
        }
        return difference <= Agreement * maximum;
    }

    private ChoiceFile File(string? path)
    {
        string key = path ?? "";
        return files.TryGetValue(key, out ChoiceFile? known) ? known : files[key] = new ChoiceFile(path, message => Report(message));
    }

    /// <summary>What a choice holds for. A limit of memory is part of it: what it rules out was not measured.</summary>
    private string Key(ConvolutionProblem problem, CompileOptions options) => string.Create(CultureInfo.InvariantCulture,
        $"{Engine} {name}{(options.WorkspaceLimit is { } limit ? $" within {limit}" : "")}: {Describe(problem)}");

    private static string Describe(ConvolutionProblem problem)
    {
        ConvolutionShape s = problem.Shape;
        return string.Create(CultureInfo.InvariantCulture,
            $"{problem.Pass.Name()} {s.N}x{s.H}x{s.W}x{s.C} {s.K}x{s.R}x{s.S} stride {s.StrideH}x{s.StrideW} "
            + $"padding {s.PadTop},{s.PadLeft},{s.PadBottom},{s.PadRight} dilation {s.DilationH}x{s.DilationW} groups {s.Groups}");
    }
}
