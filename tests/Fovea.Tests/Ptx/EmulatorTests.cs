namespace Fovea.Tests.Ptx;

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
