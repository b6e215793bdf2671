using Fovea.Execution;
using Fovea.Graph;
using Fovea.Ops;
using Fovea.Testing;

namespace Fovea.Gpu.Tests;

/// <summary>Several threads with several executables on one device get what each gets alone.</summary>
[TestFixtureSource(typeof(DeviceTests), nameof(Names))]
internal sealed class ConcurrencyTests(string device) : DeviceTests(device, own: true)
{
    private const int Threads = 4, Runs = 8;

    [Test]
    public void ThreadsDoNotDisturbEachOther()
    {
        Executable[] executables = [.. Enumerable.Range(0, Threads).Select(Compile)];
        float[][][] alone = [.. executables.Select((executable, i) => Work(executable, i))];
        float[][][] together = new float[Threads][][];
        var threads = new Thread[Threads];
        Exception? failure = null;
        for (int i = 0; i < Threads; i++)
        {
            int which = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    together[which] = Work(executables[which], which);
                }
                catch (Exception exception)
                {
                    failure = exception;
                }
            });
        }
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        foreach (Executable executable in executables) executable.Dispose();
        Assert.That(failure, Is.Null);
        Assert.That(together, Is.EqualTo(alone));
    }

    [Test]
    public void ThreadsCompileAtOnce()
    {
        float[][] expected = [.. Enumerable.Range(0, Threads).Select(Once)];
        float[][] actual = new float[Threads][];
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, i => actual[i] = Once(i));
        Assert.That(actual, Is.EqualTo(expected));

        float[] Once(int which)
        {
            using Executable executable = Compile(which);
            return Work(executable, which)[0];
        }
    }

    /// <summary>Graphs of their own, of sizes of their own.</summary>
    private Executable Compile(int which)
    {
        var graph = new ComputationGraph();
        int size = 5 + (3 * which);
        Value x = graph.Input("x", new Shape(size, 7)), w = graph.Input("w", new Shape(7, size));
        Value product = graph.Add(new MatrixProductOp(false, false), x, w);
        return Device.Compile(graph, (product * (1f + which)).Tanh(), product.Sum());
    }

    private static float[][] Work(Executable executable, int which)
    {
        int size = 5 + (3 * which);
        float[][] results = new float[Runs][];
        for (int run = 0; run < Runs; run++)
        {
            executable.Write("x", [.. Enumerable.Range(0, size * 7).Select(i => MathF.Sin(i + (100 * run) + which))]);
            executable.Write("w", [.. Enumerable.Range(0, size * 7).Select(i => MathF.Cos(i - run))]);
            executable.Run();
            float[] values = new float[size * size], sum = new float[1];
            executable.Read(0, values);
            executable.Read(1, sum);
            results[run] = [.. values, .. sum];
        }
        return results;
    }
}
