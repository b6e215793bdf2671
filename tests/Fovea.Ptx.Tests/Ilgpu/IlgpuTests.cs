using Half = ILGPU.Half;

namespace Fovea.Ptx.Tests.Ilgpu;

/// <summary>
/// Kernels as ILGPU translates them, by itself and with passes around, against the same in C#: the emulator reads ILGPU's PTX.
/// </summary>
[TestFixture(IlgpuMode.Stock)]
[TestFixture(IlgpuMode.Inferred)]
[TestFixture(IlgpuMode.Unrolled)]
internal sealed class IlgpuTests(IlgpuMode mode)
{
    private static readonly int[] SomeInts = [0, 1, -1, 2, 7, -13, 100, 31, 1000003, -77777777, int.MaxValue, int.MinValue + 1];
    private static readonly float[] SomeFloats = [0f, 1f, -1f, 0.5f, 2.75f, -123.4f, 1e9f, 1e-20f, 3.0000002f, -0.001f];

    [Test]
    public void Ints() => Table(IlgpuKernels.Ints, IlgpuTables.IntCount, SomeInts, SomeInts, IlgpuTables.Int);

    [Test]
    public void UnsignedInts()
    {
        uint[] values = [.. SomeInts.Select(v => (uint)v)];
        Table(IlgpuKernels.UInts, IlgpuTables.UIntCount, values, values, IlgpuTables.UInt);
    }

    [Test]
    public void Longs()
    {
        long[] values = [.. SomeInts.Select(v => (long)v * v * v + v), long.MaxValue, long.MinValue + 1];
        Table(IlgpuKernels.Longs, IlgpuTables.LongCount, values, values, IlgpuTables.Long);
    }

    [Test]
    public void Floats()
    {
        float[] values = [.. SomeFloats, float.NaN, float.PositiveInfinity];
        Table(IlgpuKernels.Floats, IlgpuTables.FloatCount, values, values, IlgpuTables.Float);
    }

    [Test]
    public void Doubles()
    {
        double[] values = [.. SomeFloats.Select(v => v * 1.000000001)];
        Table(IlgpuKernels.Doubles, IlgpuTables.DoubleCount, values, values, IlgpuTables.Double);
    }

    [Test]
    public void Casts() => Table(IlgpuKernels.Casts, IlgpuTables.CastCount, SomeFloats, SomeInts, IlgpuTables.Cast);

    [Test]
    public void Halves()
    {
        var random = new Random(3);
        Half[] a = [.. Enumerable.Range(0, 256).Select(_ => (Half)(random.NextSingle() * 8 - 4))], b = [.. a.Reverse()];
        float[] sums = new float[256];
        Half[] products = new Half[256];
        Run(IlgpuKernels.Halves, 1, 256, a, b, sums, products);
        for (int i = 0; i < 256; i++)
        {
            var (x, y) = ((System.Half)(float)a[i], (System.Half)(float)b[i]);
            Assert.That(sums[i], Is.EqualTo((float)(x + y)));
            Assert.That((float)products[i], Is.EqualTo((float)(x < y ? x * y : (System.Half)((float)x - 0.1f))));
        }
    }

    [Test]
    public void SharedMemoryWithBarriers()
    {
        float[] x = [.. Enumerable.Range(0, 512).Select(i => i % 7 - 2.5f)], sums = new float[4];
        Run(IlgpuKernels.SumOfGroup, 4, 128, x, sums);
        Assert.That(sums, Is.EqualTo(x.Chunk(128).Select(part => part.Sum())));
    }

    [Test]
    public void DynamicSharedMemory()
    {
        int[] x = [.. Enumerable.Range(5, 100)], expected = [.. x.Reverse()];
        IlgpuKernel.Of(IlgpuKernels.DynamicReverse, mode).Run(new Dim(1), new Dim(100), [x], dynamicShared: 400);
        Assert.That(x, Is.EqualTo(expected));
    }

    [Test]
    public void Shuffles()
    {
        int[] x = [.. Enumerable.Range(0, 64).Select(i => i * i)], result = new int[7 * 64];
        Run(IlgpuKernels.Shuffles, 1, 64, x, result);
        for (int i = 0; i < 64; i++)
        {
            int lane = i % 32, start = i - lane;
            int[] expected =
            [
                x[start + 5], x[start + (lane ^ 3)], lane < 30 ? x[i + 2] : x[i], lane > 0 ? x[i - 1] : x[i],
                lane % 8 < 7 ? x[i + 1] : x[i], lane + 100 * (i / 32), x[7],
            ];
            Assert.That(Enumerable.Range(0, 7).Select(k => result[k * 64 + i]), Is.EqualTo(expected), $"thread {i}");
        }
    }

    [TestCase(new[] { 0, 7, 3, 9 }, 2, 1, 1)]
    [TestCase(new[] { -1, 4, 4, 4 }, 3, 0, 0)]
    public void VotesAtBarriers(int[] start, int count, int all, int any)
    {
        int[] x = [.. start, .. Enumerable.Repeat(0, 66)], result = new int[210];
        Run(IlgpuKernels.Votes, 1, 70, x, result);
        Assert.That(result, Is.EqualTo(new[] { count, all, any }.SelectMany(v => Enumerable.Repeat(v, 70))));
    }

    [Test]
    public void Atomics()
    {
        int[] ints = [0, 100, -100, 0, 0], returned = new int[96];
        uint[] bits = [uint.MaxValue, 0, 0, uint.MaxValue, 0];
        float[] floats = [0, 0];
        ulong[] longs = [0, 0];
        Run(IlgpuKernels.Atomics, 2, 48, ints, bits, floats, longs, returned);
        Assert.That(ints, Is.EqualTo(new[] { 95 * 48 + 96, -5, 95, 77, 1 }));
        Assert.That(bits, Is.EqualTo(new[] { 0u, uint.MaxValue, 0u, 0x80000000u, 0x80000000u + 95 }));
        Assert.That(floats, Is.EqualTo(new[] { 48f, 95f }));
        Assert.That(longs, Is.EqualTo(new[] { 96ul << 33, 95ul << 40 }));
        Assert.That(returned.Order(), Is.EqualTo(Enumerable.Range(0, 96).Select(i => i / 2)));
    }

    [Test]
    public void Switches()
    {
        int[] x = [.. Enumerable.Range(-3, 10)], expected = [.. x.Select(Expected)];
        IlgpuKernel kernel = IlgpuKernel.Of(IlgpuKernels.Switch, mode);
        Assert.That(kernel.Text, Does.Contain("brx.idx").And.Contain(".branchtargets"));
        kernel.Run(new Dim(1), new Dim(10), [x, 6]);
        Assert.That(x, Is.EqualTo(expected));

        static int Expected(int start)
        {
            int value = 0;
            for (int at = start; at < start + 3; at++)
                value = at switch { 0 => value + 5, 1 => value + 13, 2 or 3 => value * 6, 4 => value - 6, _ => ~value };
            return value;
        }
    }

    [Test]
    public void LocalArrays()
    {
        int[] x = [.. Enumerable.Range(0, 32)];
        int[] expected = [.. x.Select(i =>
            Enumerable.Range(0, 4).Sum(k => (i + (i + k & 7)) * (int)Math.Pow(10, k)) + (i % 5 == 3 ? 90000 : 0))];
        IlgpuKernel kernel = IlgpuKernel.Of(IlgpuKernels.LocalArrays, mode);
        Assert.That(kernel.Text, Does.Contain(".local .align"));
        kernel.Run(new Dim(1), new Dim(32), [x]);
        Assert.That(x, Is.EqualTo(expected));
    }

    [Test]
    public void Structs()
    {
        // The bytes between the fields hold nothing anywhere but here.
        Mixed[] x = [.. Enumerable.Range(0, 64).Select(i => Some(i))], y = new Mixed[64];
        Run(IlgpuKernels.Structs, 1, 64, x, Some(1000), y);
        for (int i = 0; i < 64; i++)
        {
            Mixed expected = Some(63 - i);
            expected.Real += Some(1000).Four.Z;
            expected.Medium += Some(1000).Medium;
            Assert.That(y[i], Is.EqualTo(expected));
        }
    }

    [Test]
    public void ViewsInStructs()
    {
        // The host's form of a view is a pointer and a length, so the struct is put together by hand.
        IlgpuKernel kernel = IlgpuKernel.Of(IlgpuKernels.ViewsInStructs, mode);
        PtxEntry entry = PtxModule.Parse(kernel.Text).Entries.Values.Single();
        Assert.That(entry.Parameters.Select(p => (p.Offset, p.Size)), Is.EqualTo(new[] { (0, 56) }));
        var machine = new PtxMachine();
        ulong x = machine.Allocate(400), y = machine.Allocate(400);
        machine.Write<float>(x, [.. Enumerable.Range(0, 100).Select(i => i * 0.5f)]);
        var parameters = new byte[56];
        ulong[] words = [x, 100, y, 100, 100 | 32ul << 32, BitConverter.SingleToUInt32Bits(3f), 7];
        System.Buffer.BlockCopy(words, 0, parameters, 0, parameters.Length);
        machine.Launch(entry, new Dim(1), new Dim(32), 0, parameters.AsSpan());
        float[] result = new float[100];
        machine.Read<float>(y, result);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, 100).Select(i => 3f * (i * 0.5f) + 7)));
    }

    [Test]
    public void CallsAndRecursion()
    {
        int[] x = [.. Enumerable.Range(0, 40).Select(i => 3 * i)], before = [.. x];
        Mixed[] y = [.. x.Select(Some)];
        IlgpuKernel kernel = IlgpuKernel.Of(IlgpuKernels.Calls, mode);
        Assert.That(kernel.Text, Does.Contain("call.uni (callRetVal)"));
        kernel.Run(new Dim(1), new Dim(40), [x, y]);
        Assert.That(x, Is.EqualTo(Enumerable.Range(0, 40)
            .Select(i => Enumerable.Range(1, i % 8).Aggregate(1, (a, b) => a * b) + i + 3 + IlgpuKernels.Even(i) + 4)));
        for (int i = 0; i < 40; i++)
        {
            Mixed expected = Some(before[i]);
            expected.Large += before[i];
            expected.Four.Y = expected.Real;
            Assert.That(y[i], Is.EqualTo(expected));
        }
    }

    [Test]
    public void TiledProduct()
    {
        const int Rows = 32, Columns = 48, Depth = 40;
        float[] a = Values(Rows * Depth), b = Values(Depth * Columns), c = new float[Rows * Columns];
        IlgpuKernel.Of(IlgpuProducts.Tiled, mode).Run(new Dim(Columns / 16, Rows / 16), new Dim(64), [a, b, c, Columns, Depth]);
        for (int i = 0; i < c.Length; i++)
        {
            float sum = 0;
            for (int k = 0; k < Depth; k++)
                sum = MathF.FusedMultiplyAdd(a[i / Columns * Depth + k], b[k * Columns + i % Columns], sum);
            Assert.That(c[i], Is.EqualTo(sum));
        }
    }

    private static Mixed Some(int i) => new()
    {
        Small = (byte)i,
        Large = i * 10_000_000_000L,
        Medium = (short)(i * 100),
        Real = i + 0.25f,
        Four = new Float4 { X = i, Y = -i, Z = 2 * i, W = 0.5f * i },
    };

    private static float[] Values(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 4 - 2)];
    }

    private void Run(Delegate kernel, int groups, int threads, params ReadOnlySpan<object> arguments) =>
        IlgpuKernel.Of(kernel, mode).Run(new Dim(groups), new Dim(threads), arguments);

    /// <summary>Every expression of a table with every pair of values, each in a thread of its own.</summary>
    private void Table<TA, TB, TResult>(Delegate kernel, int count, TA[] someA, TB[] someB, Func<int, TA, TB, TResult> expected)
    {
        var cases = (from k in Enumerable.Range(0, count) from one in someA from other in someB select (which: k, a: one, b: other))
            .ToArray();
        int[] which = [.. cases.Select(c => c.which)];
        TA[] a = [.. cases.Select(c => c.a)];
        TB[] b = [.. cases.Select(c => c.b)];
        var results = new TResult[cases.Length];
        Run(kernel, (cases.Length + 127) / 128, 128, which, a, b, results);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < cases.Length; i++)
                Assert.That(results[i], Is.EqualTo(expected(which[i], a[i], b[i])), $"expression {which[i]} of {a[i]} and {b[i]}");
        });
    }
}
