using System.Runtime.InteropServices;
using Fovea.Cpu.Reduction;
using Fovea.Testing;

namespace Fovea.Cpu.Tests;

/// <summary>Sums of very many rows: their error stays that of a few additions.</summary>
internal sealed unsafe class SumTests
{
    /// <summary>
    /// Of 64 rows that are added one after the other, and of the pairs above them: the most that equal numbers may err by, and far less
    /// than the 1e-5 and more of plain sums.
    /// </summary>
    private const double MostError = 1e-6;

    [TestCase(1, 10_000_000, 1)]
    [TestCase(1, 1_000_003, 10)]
    [TestCase(1, 4_100_000, 3)]
    [TestCase(1, 200_001, 64)]
    [TestCase(1, 50_007, 130)]
    [TestCase(1, 1_000_001, 7)]
    [TestCase(2, 20_001, 129)]
    [TestCase(3, 5_001, 513)]
    [TestCase(65, 3_001, 33)]
    [TestCase(70, 33_001, 1)]
    [TestCase(1, 65, 5_000)]
    public void ManyEqualRows(int outer, int reduced, int inner)
    {
        TestMemory x = TestMemory.Dirty((long)outer * reduced * inner), y = TestMemory.Dirty(outer * inner);
        x.Span.Fill(0.1f);
        Run(new SumReduction(outer, reduced, inner, Settings.Pools[1]), x, y);
        foreach (float sum in y.Span) Assert.That(sum / (reduced * (double)0.1f), Is.EqualTo(1).Within(MostError));
    }

    // Every element has another value, so that one that is left out, or added to the wrong sum, is seen; whole numbers add exactly.
    [TestCase(1, 1, 1)]
    [TestCase(2, 1, 700)]
    [TestCase(1, 2, 3)]
    [TestCase(3, 127, 1)]
    [TestCase(3, 513, 1)]
    [TestCase(2, 63, 2)]
    [TestCase(2, 64, 128)]
    [TestCase(2, 65, 65)]
    [TestCase(1, 129, 64)]
    [TestCase(1, 4_099, 5)]
    [TestCase(1, 4_099, 1)]
    [TestCase(130, 9, 1)]
    [TestCase(2, 191, 513)]
    [TestCase(1, 1_100, 1_025)]
    [TestCase(5_000, 3, 1)]
    public void WholeNumbersAreExact(int outer, int reduced, int inner)
    {
        TestMemory x = TestMemory.Dirty((long)outer * reduced * inner), y = TestMemory.Dirty(outer * inner);
        for (int i = 0; i < x.Span.Length; i++) x.Span[i] = (int)(i * 2654435761L % 1999) - 999;
        Run(new SumReduction(outer, reduced, inner, Settings.Pools[2]), x, y);
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                long sum = 0;
                for (int r = 0; r < reduced; r++) sum += (long)x.Span[(((o * reduced) + r) * inner) + i];
                Assert.That(y.Span[(o * inner) + i], Is.EqualTo((float)sum), $"sum {o}, {i}");
            }
        }
    }

    // Memory that was never written to takes no room where the system hands out zeros as they are asked for.
    [Test]
    public void MoreThanTwoToTheThirtyTwoElements()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Needs 16 GiB of memory where zeros that were never written to take room.");
        const long Count = (1L << 32) + 70_001;
        float* x;
        try
        {
            x = (float*)NativeMemory.AllocZeroed(unchecked((nuint)Count), sizeof(float));
        }
        catch (OutOfMemoryException)
        {
            Assert.Ignore("The system does not lend 16 GiB of zeros.");
            return;
        }
        try
        {
            x[0] = 1;
            x[int.MaxValue] = 2;
            x[1L << 31] = 4;
            x[uint.MaxValue] = 8;
            x[1L << 32] = 16;
            x[Count - 1] = 32;
            TestMemory y = TestMemory.Dirty(1);
            Run(new SumReduction(1, Count, 1, Settings.Pools[1]), x, y);
            Assert.That(y.Span[0], Is.EqualTo(63));
        }
        finally
        {
            NativeMemory.Free(x);
        }
    }

    private static void Run(SumReduction sum, TestMemory x, TestMemory y) => Run(sum, x.Pointer, y);

    private static void Run(SumReduction sum, float* x, TestMemory y)
    {
        TestMemory workspace = TestMemory.Workspace(sum.WorkspaceBytes);
        sum.Run(x, y.Pointer, workspace.Pointer);
        y.AssertMargin();
        workspace.AssertMargin();
    }
}
