using System.Diagnostics;

namespace Fovea.Ptx.Tests;

/// <summary>How fast kernels run with all checks on: run by hand, it prints millions of instructions a second.</summary>
[Explicit("a measurement")]
internal sealed class EmulatorSpeed
{
    private const string Loop = """
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, sm;
            mad.lo.u32 %r3, %r1, 16, %r2;
            ld.param.u64 %d1, [x];
            mad.wide.u32 %d2, %r1, 16, %d1;
            mov.f32 %f0, 0f3F800000; mov.f32 %f1, %f0; mov.f32 %f2, %f0; mov.f32 %f3, %f0;
            mov.f32 %f4, %f0; mov.f32 %f5, %f0; mov.f32 %f6, %f0; mov.f32 %f7, %f0;
            st.shared.v4.f32 [%r3], {%f0, %f1, %f2, %f3};
            mov.u32 %r4, 0;
            bar.sync 0;
        LOOP:
        """;

    private const string End = """
            add.u32 %r4, %r4, 1;
            setp.lt.u32 %p1, %r4, 2000;
            @%p1 bra LOOP;
            st.global.v4.f32 [%d2], {%f0, %f1, %f2, %f3};
        """;

    [TestCase("arithmetic", """
        fma.rn.f32 %f0, %f1, %f2, %f3; mad.lo.u32 %r5, %r4, %r1, 7; xor.b32 %r6, %r5, %r4; shr.u32 %r7, %r6, 3; mul.f32 %f1, %f2, %f3;
        """)]
    [TestCase("tiles", """
        ld.shared.v4.f32 {%f4, %f5, %f6, %f7}, [sm]; ld.shared.v4.f32 {%f8, %f9, %f10, %f11}, [%r3];
        fma.rn.f32 %f12, %f4, %f8, %f0; fma.rn.f32 %f13, %f4, %f9, %f0; fma.rn.f32 %f14, %f4, %f10, %f0; fma.rn.f32 %f15, %f4, %f11, %f0;
        fma.rn.f32 %f16, %f5, %f8, %f0; fma.rn.f32 %f17, %f5, %f9, %f0; fma.rn.f32 %f18, %f5, %f10, %f0; fma.rn.f32 %f19, %f5, %f11, %f0;
        fma.rn.f32 %f20, %f6, %f8, %f0; fma.rn.f32 %f21, %f6, %f9, %f0; fma.rn.f32 %f22, %f6, %f10, %f0; fma.rn.f32 %f23, %f6, %f11, %f0;
        """)]
    [TestCase("memory", "ld.global.f32 %f4, [%d2]; fma.rn.f32 %f4, %f4, %f0, %f1; st.global.f32 [%d2+4], %f4; ld.shared.f32 %f5, [%r3];")]
    [TestCase("barriers", "bar.sync 0; ld.shared.f32 %f4, [sm]; fma.rn.f32 %f0, %f4, %f0, %f1; shfl.sync.bfly.b32 %r9, %r1, 1, 31, -1;")]
    public void Measure(string name, string body)
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $".shared .align 16 .b8 sm[4096];\n{Loop}\n{body}\n{End}");
        double best = 0;
        for (int i = 0; i < 5; i++)
        {
            var machine = new PtxMachine();
            ulong x = machine.Allocate(4096);
            machine.Write<float>(x, new float[1024]);
            var clock = Stopwatch.StartNew();
            machine.Launch(kernel, new Dim(1), new Dim(256), 0, x);
            best = Math.Max(best, machine.Executed / clock.Elapsed.TotalSeconds / 1e6);
        }
        TestContext.Out.WriteLine($"{name}: {best:f0} million instructions a second");
    }
}
