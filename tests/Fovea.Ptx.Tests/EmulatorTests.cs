namespace Fovea.Ptx.Tests;

/// <summary>Whole kernels, against the same computed here.</summary>
internal sealed class EmulatorTests
{
    private const string Index = """
            mov.u32 %r1, %ctaid.x;
            mov.u32 %r2, %ntid.x;
            mov.u32 %r3, %tid.x;
            mad.lo.s32 %r4, %r1, %r2, %r3;
        """;

    [Test]
    public void ScalesAndAdds()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 .ptr .global .align 4 x, .param .u64 y, .param .f32 a, .param .u32 n", $$"""
            {{Index}}
                ld.param.u32 %r5, [n];
                setp.ge.s32 %p1, %r4, %r5;
                @%p1 bra DONE;
                ld.param.u64 %d1, [x];
                cvta.to.global.u64 %d1, %d1;
                ld.param.u64 %d2, [y];
                mul.wide.s32 %d3, %r4, 4;
                add.s64 %d1, %d1, %d3;
                add.s64 %d2, %d2, %d3;
                ld.global.nc.f32 %f1, [%d1];
                ld.global.f32 %f2, [%d2];
                ld.param.f32 %f3, [a];
                fma.rn.f32 %f2, %f3, %f1, %f2;
                st.global.f32 [%d2], %f2;
            DONE:
            """, ".reqntid 64, 1, 1");
        Assert.That(kernel.Parameters.Select(p => (p.Name, p.Type.ToString(), p.Offset, p.Size)),
            Is.EqualTo(new[] { ("x", ".u64", 0, 8), ("y", ".u64", 8, 8), ("a", ".f32", 16, 4), ("n", ".u32", 20, 4) }));

        foreach (int workers in new[] { 1, 2 })
        {
            float[] x = Values(1000), y = Values(1000), result = new float[1000];
            var machine = new PtxMachine(new PtxOptions { Workers = workers });
            ulong dx = Upload(machine, x), dy = Upload(machine, y);
            machine.Launch(kernel, new Dim(16), new Dim(64), 0, dx, dy, 1.5f, 1000);
            machine.Read<float>(dy, result);
            Assert.That(result, Is.EqualTo(x.Zip(y, (a, b) => MathF.FusedMultiplyAdd(1.5f, a, b))));
        }
    }

    [Test]
    public void SumsThroughSharedMemory()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x, .param .u64 y", $$"""
                .shared .align 16 .b8 part[512];
            {{Index}}
                ld.param.u64 %d1, [x];
                mul.wide.u32 %d2, %r4, 4;
                add.s64 %d1, %d1, %d2;
                ld.global.f32 %f1, [%d1];
                mov.u32 %r5, part;
                shl.b32 %r6, %r3, 2;
                add.u32 %r5, %r5, %r6;
                st.shared.f32 [%r5], %f1;
                mov.u32 %r7, 64;
            LOOP:
                bar.sync 0;
                setp.ge.u32 %p1, %r3, %r7;
                @%p1 bra NEXT;
                shl.b32 %r8, %r7, 2;
                add.u32 %r8, %r8, %r5;
                ld.shared.f32 %f2, [%r8];
                ld.shared.f32 %f1, [%r5];
                add.rn.f32 %f1, %f1, %f2;
                st.shared.f32 [%r5], %f1;
            NEXT:
                shr.u32 %r7, %r7, 1;
                setp.ne.u32 %p1, %r7, 0;
                @%p1 bra LOOP;
                setp.ne.u32 %p2, %r3, 0;
                @%p2 bra DONE;
                ld.param.u64 %d3, [y];
                mul.wide.u32 %d4, %r1, 4;
                add.s64 %d3, %d3, %d4;
                ld.shared.f32 %f3, [part];
                st.global.f32 [%d3], %f3;
            DONE:
            """);
        Assert.That(kernel.StaticSharedBytes, Is.EqualTo(512));
        float[] x = Values(1280), y = new float[10];
        var machine = new PtxMachine();
        ulong dx = Upload(machine, x), dy = machine.Allocate(40);
        machine.Launch(kernel, new Dim(10), new Dim(128), 0, dx, dy);
        machine.Read<float>(dy, y);
        for (int block = 0; block < 10; block++)
        {
            float[] part = x[(block * 128)..(block * 128 + 128)];
            for (int half = 64; half > 0; half >>= 1)
                for (int i = 0; i < half; i++)
                    part[i] += part[i + half];
            Assert.That(y[block], Is.EqualTo(part[0]));
        }
    }

    [Test]
    public void SumsThroughShuffles()
    {
        // Without a group of whole warps: the last one has 16 lanes.
        PtxEntry kernel = KernelText.Kernel(".param .u64 x, .param .u64 y", $$"""
            {{Index}}
                ld.param.u64 %d1, [x];
                ld.param.u64 %d2, [y];
                mul.wide.u32 %d3, %r4, 4;
                add.s64 %d1, %d1, %d3;
                add.s64 %d2, %d2, %d3;
                ld.global.u32 %r10, [%d1];
                shfl.sync.bfly.b32 %r11, %r10, 8, 0x1f, 0xffffffff;
                add.s32 %r10, %r10, %r11;
                shfl.sync.bfly.b32 %r11, %r10, 4, 0x1f, 0xffffffff;
                add.s32 %r10, %r10, %r11;
                shfl.sync.bfly.b32 %r11, %r10, 2, 0x1f, 0xffffffff;
                add.s32 %r10, %r10, %r11;
                shfl.sync.bfly.b32 %r11, %r10, 1, 0x1f, 0xffffffff;
                add.s32 %r10, %r10, %r11;
                st.global.u32 [%d2], %r10;
            """);
        int[] x = [.. Enumerable.Range(1, 48)], y = new int[48];
        var machine = new PtxMachine();
        ulong dx = machine.Allocate(192), dy = machine.Allocate(192);
        machine.Write<int>(dx, x);
        machine.Launch(kernel, new Dim(1), new Dim(48), 0, dx, dy);
        machine.Read<int>(dy, y);
        Assert.That(y, Is.EqualTo(Enumerable.Range(0, 48).Select(i => x[(i & ~15)..(i | 15)].Sum() + x[i | 15])));
    }

    private static IEnumerable<TestCaseData> Shuffles()
    {
        static TestCaseData Case(string text, Func<int, int> from, Func<int, bool> inRange) =>
            new TestCaseData(text, from, inRange).SetArgDisplayNames(text);
        yield return Case("up.b32 %r10|%p1, %r3, 3, 0", l => l - 3, l => l >= 3);
        yield return Case("down.b32 %r10|%p1, %r3, 3, 31", l => l + 3, l => l < 29);
        yield return Case("down.b32 %r10|%p1, %r3, 3, 0x181f", l => l + 3, l => l % 8 < 5);
        yield return Case("idx.b32 %r10|%p1, %r3, 5, 0x181f", l => l / 8 * 8 + 5, _ => true);
        yield return Case("bfly.b32 %r10|%p1, %r3, 16, 15", l => l ^ 16, l => l >= 16);
    }

    [TestCaseSource(nameof(Shuffles))]
    public void ShufflesAsTheManualSays(string shuffle, Func<int, int> from, Func<int, bool> inRange)
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
            {{Index}}
                ld.param.u64 %d1, [x];
                mul.wide.u32 %d3, %r3, 8;
                add.s64 %d1, %d1, %d3;
                shfl.sync.{{shuffle}}, -1;
                selp.u32 %r11, 1, 0, %p1;
                st.global.v2.u32 [%d1], {%r10, %r11};
            """);
        int[] result = Results<int>(kernel, new Dim(1), new Dim(32), 64);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, 32).SelectMany(l => inRange(l) ? new[] { from(l), 1 } : [l, 0])));
    }

    [Test]
    public void VotesAndReducesAmongTheLanesThatAreThere()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", """
                mov.u32 %r1, %laneid;
                setp.ge.u32 %p9, %r1, 24;
                @%p9 bra DONE;
                setp.lt.u32 %p1, %r1, 3;
                vote.sync.ballot.b32 %r2, %p1, 0xffffff;
                vote.sync.ballot.b32 %r3, !%p1, 0xffffff;
                vote.sync.any.pred %p2, %p1, 0xffffff;
                vote.sync.all.pred %p3, %p1, 0xffffff;
                vote.sync.uni.pred %p4, %p9, 0xffffff;
                selp.u32 %r4, 1, 0, %p2;
                selp.u32 %r5, 1, 0, %p3;
                selp.u32 %r6, 1, 0, %p4;
                ld.param.u64 %d1, [x];
                mul.wide.u32 %d2, %r1, 32;
                add.s64 %d1, %d1, %d2;
                st.global.v4.u32 [%d1], {%r2, %r3, %r4, %r5};
                st.global.u32 [%d1+16], %r6;
            DONE:
            """);
        int[] result = Results<int>(kernel, new Dim(1), new Dim(32), 256);
        for (int lane = 0; lane < 24; lane++)
            Assert.That(result[(8 * lane)..(8 * lane + 5)], Is.EqualTo(new[] { 7, 0xFFFFF8, 1, 0, 1 }));
    }

    [TestCase("add.s32", 465)]
    [TestCase("max.s32", 30)]
    [TestCase("min.u32", 0)]
    [TestCase("xor.b32", 31)]
    public void ReducesAWarpAtOnce(string operation, int expected)
    {
        // Lane 31 keeps out.
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
                ld.param.u64 %d1, [x];
                mov.u32 %r1, %laneid;
                mad.wide.u32 %d1, %r1, 4, %d1;
                setp.eq.u32 %p1, %r1, 31;
                @!%p1 redux.sync.{{operation}} %r1, %r1, 0x7fffffff;
                st.global.u32 [%d1], %r1;
            """, sm: 80);
        Assert.That(Results<int>(kernel, new Dim(1), new Dim(32), 32), Is.EqualTo(Enumerable.Repeat(expected, 31).Append(31)));
    }

    [Test]
    public void CountsByAtomics()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
                .shared .align 4 .b8 bins[32];
            {{Index}}
                mov.u32 %r5, bins;
                setp.ge.u32 %p1, %r3, 8;
                shl.b32 %r6, %r3, 2;
                add.u32 %r6, %r6, %r5;
                @!%p1 st.shared.u32 [%r6], 0;
                bar.sync 0;
                mul.lo.u32 %r7, %r4, %r4;
                and.b32 %r7, %r7, 7;
                shl.b32 %r7, %r7, 2;
                add.u32 %r7, %r7, %r5;
                atom.shared.add.u32 %r8, [%r7], 1;
                bar.sync 0;
                @%p1 bra DONE;
                ld.shared.u32 %r9, [%r6];
                ld.param.u64 %d1, [x];
                mul.wide.u32 %d2, %r3, 4;
                add.s64 %d1, %d1, %d2;
                red.global.add.u32 [%d1], %r9;
                atom.global.max.s32 %r10, [%d1+32], %r9;
                atom.global.exch.b32 %r10, [%d1+64], 77;
                atom.global.cas.b32 %r10, [%d1+96], 0, %r3;
            DONE:
            """);
        var expected = new int[32];
        for (int i = 0; i < 300; i++)
            expected[i * i & 7]++;
        for (int bin = 0; bin < 8; bin++)
        {
            expected[8 + bin] = Enumerable.Range(0, 3).Max(b => Enumerable.Range(b * 100, 100).Count(i => (i * i & 7) == bin));
            expected[16 + bin] = 77;
            expected[24 + bin] = bin;
        }
        foreach (int workers in new[] { 1, 2 })
            Assert.That(Results<int>(kernel, new Dim(3), new Dim(100), 32, new PtxOptions { Workers = workers }), Is.EqualTo(expected));
    }

    [Test]
    public void CopiesVectorsThroughDynamicAndLocalMemory()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", """
                .local .align 16 .b8 lo[32];
                ld.param.u64 %d1, [x];
                mov.u32 %r1, %tid.x;
                mov.u32 %r2, %tid.y;
                mov.u32 %r3, %ntid.x;
                mad.lo.u32 %r4, %r2, %r3, %r1;
                shl.b32 %r5, %r4, 4;
                mov.u32 %r6, dyn;
                add.u32 %r6, %r6, %r5;
                cvt.rn.f32.u32 %f1, %r4;
                add.f32 %f2, %f1, 0f3F000000;
                st.shared.v4.f32 [%r6], {%f1, %f2, %f1, 0fBF800000};
                ld.shared.v2.b64 {%d2, %d3}, [%r6];
                mov.u32 %r7, lo;
                st.local.v2.u64 [%r7+16], {%d2, %d3};
                ld.local.v4.f32 {%f3, %f4, %f5, %f6}, [lo+16];
                mov.b64 {%r10, %r11}, %d3;
                mov.b64 %d5, {%r11, %f4};
                cvt.u64.u32 %d4, %r5;
                add.s64 %d1, %d1, %d4;
                st.global.v2.f32 [%d1], {%f3, %f6};
                st.global.b64 [%d1+8], %d5;
            """, before: ".extern .shared .align 16 .b8 dyn[];");
        float[] result = Results<float>(kernel, new Dim(1), new Dim(4, 3), 48, dynamicShared: 192);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, 12).SelectMany(i => new[] { i, -1, -1, i + 0.5f })));
    }

    [Test]
    public void NarrowValuesWidenAsTheyAreRead()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", """
                ld.param.u64 %d1, [x];
                mov.u32 %r1, 0x80FF;
                st.global.u16 [%d1], %r1;
                ld.global.s8 %r2, [%d1];
                ld.global.u8 %r3, [%d1];
                ld.global.s16 %d2, [%d1];
                ld.global.s8 %h1, [%d1];
                cvt.u32.u16 %r4, %h1;
                st.global.v2.u32 [%d1+8], {%r2, %r3};
                st.global.u64 [%d1+16], %d2;
                st.global.u32 [%d1+24], %r4;
            """);
        int[] result = Results<int>(kernel, new Dim(1), new Dim(1), 8);
        Assert.That(result, Is.EqualTo(new[] { 0x80FF, 0, -1, 255, unchecked((int)0xFFFF80FF), -1, 0xFFFF, 0 }));
    }

    [Test]
    public void ThreadsGoTheirOwnWaysAndMeet()
    {
        // Collatz steps of each thread's number, odd threads twice, with an inner branch, a barrier after it, and names in inner braces.
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
            {{Index}}
                mov.u32 %r10, 0;
                and.b32 %r11, %r3, 1;
            AGAIN:
                add.u32 %r12, %r4, 1;
            LOOP:
                setp.eq.u32 %p1, %r12, 1;
                @%p1 bra OUT;
                and.b32 %r13, %r12, 1;
                setp.eq.u32 %p2, %r13, 0;
                @%p2 bra EVEN;
                {
                    .reg .b32 %r<2>, t;
                    mul.lo.u32 t, %r12, 3;
                    add.u32 %r1, t, 1;
                    mov.u32 %r12, %r1;
                }
                bra.uni COUNT;
            EVEN:
                shr.u32 %r12, %r12, 1;
            COUNT:
                add.u32 %r10, %r10, 1;
                bra LOOP;
            OUT:
                setp.eq.u32 %p3, %r11, 0;
                @%p3 bra MEET;
                sub.u32 %r11, %r11, 1;
                bra AGAIN;
            MEET:
                bar.sync 0;
                add.u32 %r10, %r10, %r1;
                ld.param.u64 %d1, [x];
                mad.wide.u32 %d1, %r4, 4, %d1;
                st.global.u32 [%d1], %r10;
            """);
        static int Steps(int n) => n == 1 ? 0 : 1 + Steps(n % 2 == 0 ? n / 2 : 3 * n + 1);
        Assert.That(Results<int>(kernel, new Dim(2), new Dim(70), 140),
            Is.EqualTo(Enumerable.Range(0, 140).Select(i => Steps(i + 1) * (1 + i % 70 % 2) + i / 70)));
    }

    [Test]
    public void ThreadsWaitForEachOtherInLoopsToo()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", """
                ld.param.u64 %d1, [x];
                mov.u32 %r1, %tid.x;
                setp.ne.u32 %p1, %r1, 0;
                @%p1 bra SEND;
            LOOP:
                ld.acquire.gpu.global.u32 %r2, [%d1+4];
                setp.eq.u32 %p2, %r2, 0;
                @%p2 bra LOOP;
                st.global.u32 [%d1], %r2;
                bra DONE;
            SEND:
                fence.acq_rel.gpu;
                st.release.gpu.global.u32 [%d1+4], 9;
            DONE:
            """);
        Assert.That(Results<int>(kernel, new Dim(1), new Dim(2), 2), Is.EqualTo(new[] { 9, 9 }));
    }

    private static T[] Results<T>(PtxEntry kernel, Dim grid, Dim group, int count, PtxOptions? options = null, int dynamicShared = 0)
        where T : unmanaged
    {
        var machine = new PtxMachine(options);
        var result = new T[count];
        ulong address = machine.Allocate(count * 4);
        machine.Write<T>(address, result);
        machine.Launch(kernel, grid, group, dynamicShared, address);
        machine.Read<T>(address, result);
        return result;
    }

    private static float[] Values(int count)
    {
        var random = new System.Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 4 - 2)];
    }

    private static ulong Upload(PtxMachine machine, float[] values)
    {
        ulong address = machine.Allocate(values.Length * 4);
        machine.Write<float>(address, values);
        return address;
    }
}
