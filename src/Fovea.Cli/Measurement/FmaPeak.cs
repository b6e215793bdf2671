using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fovea.Core.Tuning;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;

namespace Fovea.Cli.Measurement;

/// <summary>The most multiply-adds that the processor does in a second, measured with a loop of nothing else.</summary>
internal sealed class FmaPeak : IDisposable
{
    /// <summary>As many sums at once as hide the latency of an addition on two units, and fit the registers.</summary>
    private const int Sums = 12;

    private const int Rounds = 2_000_000;

    private readonly WorkerPool pool;
    private readonly Action<int, int> work;
    private float sink;

    public FmaPeak(int threads)
    {
        pool = new WorkerPool(threads);
        work = (_, _) => sink += Loop();
    }

    /// <summary>Measures once, some milliseconds.</summary>
    /// <returns>GFLOP/s of all threads together, a multiply-add counted as two.</returns>
    public double Measure()
    {
        double seconds = Timings.Of(() => pool.For(pool.ThreadCount, work));
        double operations = 2.0 * Rounds * Sums * ((int)CpuFeatures.Hardware / 32) * pool.ThreadCount;
        return operations / seconds / 1e9;
    }

    public void Dispose() => pool.Dispose();

    private static float Loop() => CpuFeatures.Hardware switch
    {
        SimdLevel.Vector512 => Loop512(),
        SimdLevel.Vector256 => Loop256(),
        _ => Loop128(),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Loop512()
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
            k = Vector512.MultiplyAddEstimate(k, x, y);
            l = Vector512.MultiplyAddEstimate(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Loop256()
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
            k = Vector256.MultiplyAddEstimate(k, x, y);
            l = Vector256.MultiplyAddEstimate(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Loop128()
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.001f);
        Vector128<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector128.MultiplyAddEstimate(a, x, y);
            b = Vector128.MultiplyAddEstimate(b, x, y);
            c = Vector128.MultiplyAddEstimate(c, x, y);
            d = Vector128.MultiplyAddEstimate(d, x, y);
            e = Vector128.MultiplyAddEstimate(e, x, y);
            f = Vector128.MultiplyAddEstimate(f, x, y);
            g = Vector128.MultiplyAddEstimate(g, x, y);
            h = Vector128.MultiplyAddEstimate(h, x, y);
            i = Vector128.MultiplyAddEstimate(i, x, y);
            j = Vector128.MultiplyAddEstimate(j, x, y);
            k = Vector128.MultiplyAddEstimate(k, x, y);
            l = Vector128.MultiplyAddEstimate(l, x, y);
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
