namespace Fovea.Ptx.Tests;

/// <summary>Everything that must not pass.</summary>
internal sealed class StrictnessTests
{
    // What the text gets wrong; the real assembler refuses it too.
    [TestCase("ad.u32 %r1, %r2, %r3;", PtxError.UnknownInstruction)]
    [TestCase("add.u8 %h1, %h2, %h3;", PtxError.UnknownInstruction)]
    [TestCase("add.quick.u32 %r1, %r2, %r3;", PtxError.UnknownInstruction)]
    [TestCase("mul.u32 %r1, %r2, %r3;", PtxError.UnknownInstruction)]
    [TestCase("fma.f32 %f1, %f2, %f3, %f1;", PtxError.UnknownInstruction)]
    [TestCase("div.f32 %f1, %f2, %f3;", PtxError.UnknownInstruction)]
    [TestCase("sqrt.f32 %f1, %f2;", PtxError.UnknownInstruction)]
    [TestCase("rem.f32 %f1, %f2, %f3;", PtxError.UnknownInstruction)]
    [TestCase("neg.u32 %r1, %r2;", PtxError.UnknownInstruction)]
    [TestCase("and.u32 %r1, %r2, %r3;", PtxError.UnknownInstruction)]
    [TestCase("shl.u32 %r1, %r2, 3;", PtxError.UnknownInstruction)]
    [TestCase("setp.lo.s32 %p1, %r1, %r2;", PtxError.UnknownInstruction)]
    [TestCase("setp.lt.b32 %p1, %r1, %r2;", PtxError.UnknownInstruction)]
    [TestCase("setp.equ.s32 %p1, %r1, %r2;", PtxError.UnknownInstruction)]
    [TestCase("cvt.f32.s32 %f1, %r1;", PtxError.UnknownInstruction)]
    [TestCase("cvt.s32.f32 %r1, %f1;", PtxError.UnknownInstruction)]
    [TestCase("cvt.f32.f64 %f1, %g1;", PtxError.UnknownInstruction)]
    [TestCase("cvt.rn.f64.f32 %g1, %f1;", PtxError.UnknownInstruction)]
    [TestCase("cvt.rn.f32.f32 %f1, %f1;", PtxError.UnknownInstruction)]
    [TestCase("atom.global.and.u32 %r1, [%d1], 1;", PtxError.UnknownInstruction)]
    [TestCase("atom.global.add.s64 %d2, [%d1], 1;", PtxError.UnknownInstruction)]
    [TestCase("atom.global.min.f32 %f1, [%d1], %f2;", PtxError.UnknownInstruction)]
    [TestCase("red.global.exch.b32 [%d1], 1;", PtxError.UnknownInstruction)]
    [TestCase("shfl.sync.bfly.f32 %f1, %f2, 16, 0x1f, 0xffffffff;", PtxError.UnknownInstruction)]
    [TestCase("ld.global.nc.v3.f32 {%f1, %f2, %f3}, [%d1];", PtxError.UnknownInstruction)]
    [TestCase("ld.global.v4.f64 {%g1, %g2, %g3, %g4}, [%d1];", PtxError.UnknownInstruction)]
    [TestCase("mov.u64 %d1, {%r1, %r2};", PtxError.UnknownInstruction)]
    [TestCase("max.NaN.f32 %f1, %f2, %f3;", PtxError.UnknownInstruction)]
    [TestCase("redux.sync.add.s32 %r1, %r2, -1;", PtxError.UnknownInstruction)]
    [TestCase("add.u32 %r1, %r2, %r999;", PtxError.Undeclared)]
    [TestCase("add.u32 %r1, %r2, %unknown;", PtxError.Undeclared)]
    [TestCase("add.u32 %r1, %r2, unknown;", PtxError.Undeclared)]
    [TestCase("@%q bra NOWHERE;", PtxError.Undeclared)]
    [TestCase("bra NOWHERE;", PtxError.Undeclared)]
    [TestCase("ld.param.u32 %r1, [nothing];", PtxError.Undeclared)]
    [TestCase("ld.shared.u32 %r1, [nothing];", PtxError.Undeclared)]
    [TestCase("add.f32 %u1, %f2, %f3;", PtxError.TypeMismatch)]
    [TestCase("add.s32 %f1, %r2, %r3;", PtxError.TypeMismatch)]
    [TestCase("add.u32 %d1, %r2, %r3;", PtxError.TypeMismatch)]
    [TestCase("add.u32 %r1, %r2, %d3;", PtxError.TypeMismatch)]
    [TestCase("add.u32 %r1, %tid.x, 1;", PtxError.TypeMismatch)]
    [TestCase("add.f32 %f1, %f1, 1;", PtxError.TypeMismatch)]
    [TestCase("add.u32 %r1, %r1, 0f3f800000;", PtxError.TypeMismatch)]
    [TestCase("mov.u32 %r1, %f1;", PtxError.TypeMismatch)]
    [TestCase("mov.f32 %f1, %u1;", PtxError.TypeMismatch)]
    [TestCase("mov.u64 %d1, %tid.x;", PtxError.TypeMismatch)]
    [TestCase("mov.b32 %r1, %h1;", PtxError.TypeMismatch)]
    [TestCase("mov.u32 %r1, 1.5;", PtxError.TypeMismatch)]
    [TestCase("mul.wide.u32 %r1, %r2, %r3;", PtxError.TypeMismatch)]
    [TestCase("popc.b64 %d1, %d1;", PtxError.TypeMismatch)]
    [TestCase("shl.b32 %r1, %r2, %d1;", PtxError.TypeMismatch)]
    [TestCase("shl.b64 %d1, %d2, %d1;", PtxError.TypeMismatch)]
    [TestCase("@%r1 exit;", PtxError.TypeMismatch)]
    [TestCase("selp.u32 %r1, 1, 0, %r2;", PtxError.TypeMismatch)]
    [TestCase("ld.global.u32 %h1, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.u32 %f2, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.u8 %f2, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.f32 %u2, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.f32 %g2, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.f32 %f1, [%f1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.v2.f32 {%f1, %f2, %f3}, [%d1];", PtxError.TypeMismatch)]
    [TestCase("ld.local.f32 %f1, [sm];", PtxError.TypeMismatch)]
    [TestCase("ld.global.f32 %f1, %d1;", PtxError.TypeMismatch)]
    [TestCase("bra %r1;", PtxError.TypeMismatch)]
    [TestCase("bar.sync 17;", PtxError.OutOfBounds)]
    [TestCase("ld.global.f32 %f1, [%d1-4];", PtxError.Syntax)]
    [TestCase("add.u32 %r1, %r2;", PtxError.Syntax)]
    [TestCase("add.u32 %r1, %r2, %r3, %r4;", PtxError.Syntax)]
    [TestCase("add.u32 %r1, %r2, %r3", PtxError.Syntax)]
    [TestCase("L: L: ", PtxError.Syntax)]
    [TestCase(".reg .b32 %r<4>;", PtxError.Syntax)]
    [TestCase("mov.u32 %r1, 0x;", PtxError.Syntax)]
    [TestCase("mov.u32 %r1, 1 ? 2;", PtxError.Syntax)]
    public void TextThatTheAssemblerRefuses(string line, PtxError error)
    {
        string text = KernelText.Module(".param .u64 a, .param .u32 n", $".shared .align 16 .b8 sm[64];\n{line}");
        PtxException? thrown = Assert.Throws<PtxException>(() => PtxModule.Parse(text));
        Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
        Assert.That(thrown.Kernel, Is.EqualTo("k").Or.Null);
        Assert.That(thrown.Line, Is.GreaterThan(0));
        if (KernelText.Assembler is not null)
            Assert.That(KernelText.Assemble(text).Accepted, Is.False, "the assembler takes it");
    }

    // Stricter than the assembler: what it would take is no use to anyone.
    [TestCase("ld.param.u32 %r1, [n+4];", PtxError.OutOfBounds)]
    [TestCase("ld.param.u64 %d1, [n];", PtxError.OutOfBounds)]
    [TestCase("ld.param.u32 %r1, [a+2];", PtxError.Misaligned)]
    [TestCase("mov.u32 %r1, 012;", PtxError.Syntax)]
    [TestCase("ld.global.f32 %f1, [%r1];", PtxError.TypeMismatch)]
    [TestCase("ld.global.f32 %d2, [%d1];", PtxError.TypeMismatch)]
    public void TextThatIsRefusedHereAlone(string line, PtxError error)
    {
        string text = KernelText.Module(".param .u64 a, .param .u32 n", line);
        Assert.That(Assert.Throws<PtxException>(() => PtxModule.Parse(text))!.Error, Is.EqualTo(error));
    }

    [TestCase("add.u32 %r1, %r2, 1;", PtxError.UninitialisedRegister, "'%r2'")]
    [TestCase("@%p1 mov.u32 %r1, 1;", PtxError.UninitialisedRegister, "'%p1'")]
    [TestCase("@%p1 bra L; L:", PtxError.UninitialisedRegister, "'%p1'")]
    [TestCase("st.global.v2.f32 [%d1], {%f1, %f2};", PtxError.UninitialisedRegister, "'%f1'")]
    [TestCase("mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 2; @%p1 mov.u32 %r2, 1; add.u32 %r3, %r2, 1;", PtxError.UninitialisedRegister,
        "thread (2, 0, 0)")]
    [TestCase("ld.global.f32 %f1, [%d1+16];", PtxError.OutOfBounds, "offset 16 of")]
    [TestCase("ld.global.f32 %f1, [%d1+-4];", PtxError.OutOfBounds, "offset -4 of")]
    [TestCase("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%d1+16];", PtxError.OutOfBounds, "16 bytes at")]
    [TestCase("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%d1+8];", PtxError.Misaligned, "aligned to 16")]
    [TestCase("st.global.u32 [%d1+2], 1;", PtxError.Misaligned, "aligned to 4")]
    [TestCase("atom.global.add.u32 %r1, [%d1+1], 1;", PtxError.Misaligned, "aligned to 4")]
    [TestCase("mov.u64 %d1, 0; ld.global.f32 %f1, [%d1];", PtxError.OutOfBounds, "0x0")]
    [TestCase("ld.global.f32 %f1, [%d2];", PtxError.UninitialisedMemory, "nothing was written")]
    [TestCase("red.global.add.f32 [%d2], 0f3f800000;", PtxError.UninitialisedMemory, "nothing was written")]
    [TestCase("ld.shared.f32 %f1, [sm];", PtxError.UninitialisedMemory, "'sm'")]
    [TestCase("ld.shared.f32 %f1, [sm+64];", PtxError.OutOfBounds, "offset 64 of 'sm' of 64")]
    [TestCase("mov.u32 %r1, sm; st.shared.f32 [%r1+-4], 0f00000000;", PtxError.OutOfBounds, "offset -4 of 'sm'")]
    [TestCase("mov.u32 %r1, narrow; st.shared.v4.f32 [%r1], {0f00000000, 0f00000000, 0f00000000, 0f00000000};", PtxError.Misaligned, "16")]
    [TestCase("ld.shared.f32 %f1, [dyn+32];", PtxError.OutOfBounds, "'dyn' of 32")]
    [TestCase("ld.local.u32 %r1, [lo+4];", PtxError.UninitialisedMemory, "'lo'")]
    [TestCase("st.local.u8 [lo], 1; ld.local.u32 %r1, [lo];", PtxError.UninitialisedMemory, "'lo'")]
    [TestCase("st.local.u32 [lo+16], 1;", PtxError.OutOfBounds, "'lo' of 16")]
    [TestCase("mov.u32 %r1, sm; ld.local.u32 %r1, [%r1];", PtxError.OutOfBounds, "'lo'")]
    [TestCase("mov.u32 %r1, 5; mov.u32 %r2, 0; div.u32 %r1, %r1, %r2;", PtxError.DivisionByZero, "5 is divided")]
    [TestCase("L: bra L;", PtxError.Budget, "does not end")]
    [TestCase("trap;", PtxError.Trap, "stopped itself")]
    [TestCase("mov.u32 %r1, %tid.x; setp.eq.u32 %p1, %r1, 3; @%p1 exit; bar.sync 0;", PtxError.DivergentBarrier,
        "thread (3, 0, 0) has left")]
    [TestCase("mov.u32 %r1, %tid.x; setp.eq.u32 %p1, %r1, 3; @%p1 bra L; bar.sync 0; bra E; L: bar.sync 0; E:", PtxError.DivergentBarrier,
        "another barrier")]
    [TestCase("mov.u32 %r1, %tid.x; setp.eq.u32 %p1, %r1, 3; @%p1 bra L; bar.sync 0; bra E; L: bar.sync 1; E:", PtxError.DivergentBarrier,
        "not all threads")]
    [TestCase("mov.u32 %r1, %tid.x; setp.eq.u32 %p1, %r1, 3; @!%p1 shfl.sync.idx.b32 %r2, %r1, 0, 31, -1; bar.sync 0;",
        PtxError.DivergentWarp, "names lane 3")]
    [TestCase("mov.u32 %r1, 1; shfl.sync.idx.b32 %r2, %r1, 0, 31, 1;", PtxError.DivergentWarp, "not in its own mask")]
    [TestCase("mov.u32 %r1, 1; shfl.sync.idx.b32 %r2, %r1, 9, 31, -1;", PtxError.DivergentWarp, "reads lane 9")]
    public void Executions(string body, PtxError error, string words)
    {
        PtxEntry kernel = Kernel(body);
        var machine = new PtxMachine(new PtxOptions { InstructionBudget = 200_000 });
        ulong full = machine.Allocate(16), empty = machine.Allocate(16);
        machine.Write<float>(full, [1, 2, 3, 4]);
        PtxException? thrown = Assert.Throws<PtxException>(() => machine.Launch(kernel, new Dim(2), new Dim(8), 32, full, empty));
        Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
        Assert.That(thrown.Message, Does.Contain(words).And.Contain("kernel 'k', line").And.Contain("block (0, 0, 0), thread"));
    }

    [TestCase("st.global.u32 [%d1], %r1;", "thread 0")]
    [TestCase("ld.global.u32 %r2, [%d3]; st.global.u32 [%d4], %r1;", "thread 0")]
    [TestCase("st.global.u32 [%d4], %r1; ld.global.u32 %r2, [%d3];", "thread 0")]
    [TestCase("ld.global.u32 %r2, [%d1]; setp.eq.u32 %p1, %r1, 7; @%p1 st.global.u32 [%d1], %r1;", "several threads of warp 0")]
    [TestCase("st.shared.u32 [sm], %r1;", "thread 0")]
    [TestCase("st.shared.u32 [%r3], %r1; ld.shared.u32 %r2, [%r3+0]; ld.shared.u32 %r2, [sm];", "thread 0")]
    [TestCase("atom.global.add.u32 %r2, [%d1], 1; ld.global.u32 %r2, [%d1];", "thread 0")]
    [TestCase("st.shared.u16 [sm+2], %r1;", "thread 0")]
    [TestCase("st.global.u32 [%d3], %r1; bar.sync 0; st.global.u32 [%d4], %r1; ld.global.u32 %r2, [%d3];", "thread 0")]
    public void RacesWithinABlock(string body, string other)
    {
        PtxEntry kernel = Kernel(Addresses + body);
        PtxException? thrown = Assert.Throws<PtxException>(() => Launch(kernel, new Dim(1)));
        Assert.That(thrown!.Error, Is.EqualTo(PtxError.Race), thrown.Message);
        Assert.That(thrown.Message, Does.Contain(other));
        Assert.That(() => Launch(kernel, new Dim(1), new PtxOptions { CheckRaces = false }), Throws.Nothing);
    }

    [TestCase("st.global.u32 [%d3], %r1;", "another block")]
    [TestCase("ld.global.u32 %r2, [%d1]; mov.u32 %r4, %ctaid.x; setp.eq.u32 %p1, %r4, 1; @%p1 st.global.u32 [%d1], %r2;", "several blocks")]
    [TestCase("""
        mov.u32 %r4, %ctaid.x; setp.eq.u32 %p1, %r4, 1; @%p1 bra L; bar.sync 0; st.global.u32 [%d3], %r1; bra E;
        L: ld.global.u32 %r2, [%d3]; E:
        """, "another block")]
    public void RacesBetweenBlocks(string body, string other)
    {
        PtxEntry kernel = Kernel(Addresses + body);
        PtxException? thrown = Assert.Throws<PtxException>(() => Launch(kernel, new Dim(2)));
        Assert.That((thrown!.Error, thrown.Block), Is.EqualTo((PtxError.Race, (Dim?)new Dim(1, 0, 0))), thrown.Message);
        Assert.That(thrown.Message, Does.Contain(other));
    }

    [TestCase("st.global.u32 [%d3], %r1; ld.global.u32 %r2, [%d3]; st.global.u32 [%d3], %r2;", 1)]
    [TestCase("st.global.u32 [%d3], %r1; bar.sync 0; ld.global.u32 %r2, [%d4]; bar.sync 0; st.global.u32 [%d3], %r2;", 1)]
    [TestCase("st.shared.u32 [%r3], %r1; bar.warp.sync -1; ld.shared.u32 %r2, [sm]; bar.warp.sync -1; st.shared.u32 [%r3], %r2;", 2)]
    [TestCase("st.shared.u8 [%r5], %r1; bar.sync 0; ld.shared.u8 %r2, [sm];", 2)]
    [TestCase("ld.global.u32 %r2, [%d1];", 2)]
    [TestCase("red.global.add.u32 [%d1], 1; atom.global.add.u32 %r2, [%d1], 1;", 2)]
    [TestCase("ld.volatile.global.u32 %r2, [%d1]; st.volatile.global.u32 [%d1], %r2;", 2)]
    public void WhatIsNoRace(string body, int blocks)
    {
        PtxEntry kernel = Kernel(Addresses + body);
        Assert.That(() => Launch(kernel, new Dim(blocks)), Throws.Nothing);
    }

    [Test]
    public void LaunchesAreChecked()
    {
        PtxEntry fixedSize = KernelText.Kernel(".param .u32 n", "", ".reqntid 8, 2, 1");
        PtxEntry limited = KernelText.Kernel(".param .u32 n", "", ".maxntid 64, 1, 1 .minnctapersm 2");
        var machine = new PtxMachine();
        void Refused(PtxEntry entry, Dim grid, Dim group, int dynamicShared = 0, int bytes = 4) =>
            Assert.That(Assert.Throws<PtxException>(() =>
                machine.Launch(entry, grid, group, dynamicShared, new byte[bytes].AsSpan()))!.Error, Is.EqualTo(PtxError.Launch));
        Refused(fixedSize, new Dim(1), new Dim(16));
        Refused(limited, new Dim(1), new Dim(128));
        Refused(limited, new Dim(1), new Dim(0));
        Refused(limited, new Dim(1, 65536), new Dim(1));
        Refused(limited, new Dim(1), new Dim(1), 300_000);
        Refused(limited, new Dim(1), new Dim(1), bytes: 8);
        Assert.That(() => machine.Launch(fixedSize, new Dim(1), new Dim(8, 2), 0, 1), Throws.Nothing);
        Assert.That((fixedSize.RequiredGroup, limited.RequiredGroup, limited.MaxThreads),
            Is.EqualTo(((Dim?)new Dim(8, 2, 1), (Dim?)null, 64)));
    }

    [Test]
    public void BuffersAreCheckedFromTheHostToo()
    {
        var machine = new PtxMachine();
        ulong a = machine.Allocate(16), b = machine.Allocate(16);
        Assert.That((a % 256, b % 512), Is.EqualTo((0ul, 256ul)));
        Assert.That(() => machine.Write<byte>(a + 8, new byte[9]), Throws.TypeOf<PtxException>().With.Message.Contain("9 bytes"));
        machine.Free(a);
        Assert.That(() => machine.Read<byte>(a, new byte[1]), Throws.TypeOf<PtxException>().With.Message.Contain("was freed"));
        Assert.That(() => machine.Free(a), Throws.TypeOf<PtxException>().With.Message.Contain("was freed"));
        Assert.That(machine.Allocate(16), Is.Not.EqualTo(a));
    }

    [Test]
    public void WhatWasCopiedOrForgottenIsAsInitialisedAsItWas()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 a", "ld.param.u64 %d1, [a]; ld.global.u16 %r1, [%d1];");
        var machine = new PtxMachine();
        ulong a = machine.Allocate(16), b = machine.Allocate(16);
        void Fails(ulong address) => Assert.That(() => machine.Launch(kernel, new Dim(1), new Dim(1), 0, address),
            Throws.TypeOf<PtxException>().With.Property("Error").EqualTo(PtxError.UninitialisedMemory));
        machine.Write<byte>(a + 2, new byte[2]);
        machine.Memory.Copy(b, a, 6);
        Fails(a);
        Fails(b + 4);
        Assert.That(() => machine.Launch(kernel, new Dim(1), new Dim(1), 0, b + 2), Throws.Nothing);
        machine.Memory.Forget(b, 3);
        Fails(b + 2);
        machine.Memory.Fill(b, 7, 16);
        Assert.That(() => machine.Launch(kernel, new Dim(1), new Dim(1), 0, b + 2), Throws.Nothing);
        machine.Memory.Forget(b, 16);
        var lenient = new PtxMachine(new PtxOptions { CheckUninitialised = false });
        Assert.That(() => lenient.Launch(kernel, new Dim(1), new Dim(1), 0, lenient.Allocate(2)), Throws.Nothing);
    }

    [Test]
    public void TheEarliestFaultIsReportedWhateverTheWorkers()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 a", "mov.u32 %r1, %ctaid.x; setp.ge.u32 %p1, %r1, 5; @%p1 trap;");
        for (int i = 0; i < 50; i++)
        {
            var machine = new PtxMachine(new PtxOptions { Workers = 2 });
            PtxException? thrown = Assert.Throws<PtxException>(() => machine.Launch(kernel, new Dim(64), new Dim(32), 0, 0ul));
            Assert.That(thrown!.Block, Is.EqualTo(new Dim(5, 0, 0)));
        }
    }

    /// <summary>r1 the thread, r3 and r5 its word and byte of sm, d3 its word of the buffer, d4 that of its neighbour.</summary>
    private const string Addresses = """
        mov.u32 %r1, %tid.x; mul.wide.u32 %d3, %r1, 4; add.u64 %d3, %d3, %d1;
        xor.b32 %r2, %r1, 1; mul.wide.u32 %d4, %r2, 4; add.u64 %d4, %d4, %d1;
        mov.u32 %r3, sm; add.u32 %r5, %r3, %r1; mad.lo.u32 %r3, %r1, 4, %r3;

        """;

    private static PtxEntry Kernel(string body) => KernelText.Kernel(".param .u64 a, .param .u64 b", $"""
            .shared .align 16 .b8 sm[64];
            .shared .align 4 .b8 narrow[64];
            .local .align 4 .b8 lo[16];
            ld.param.u64 %d1, [a];
            ld.param.u64 %d2, [b];
        {body}
        """, before: ".extern .shared .align 16 .b8 dyn[];");

    private static void Launch(PtxEntry kernel, Dim grid, PtxOptions? options = null)
    {
        var machine = new PtxMachine(options);
        ulong full = machine.Allocate(32), empty = machine.Allocate(32);
        machine.Write<float>(full, new float[8]);
        machine.Launch(kernel, grid, new Dim(8), 32, full, empty);
    }
}
