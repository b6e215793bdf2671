namespace Fovea.Ptx.Tests;

/// <summary>Functions, calls, branches by tables, and addresses that name no space.</summary>
internal sealed class CallTests
{
    /// <summary>Two times its argument plus one, by way of a struct; and a sum from 1 that calls itself.</summary>
    private const string Functions = """
        .visible .func (.param .align 8 .b8 out[16]) twice(.param .align 8 .b8 in[16], .param .b32 more);
        .visible .func (.param .b32 sum) total(.param .b32 n)
        {
            .reg .b32 %r<4>; .reg .pred %p<2>;
            ld.param.b32 %r1, [n];
            mov.u32 %r2, 0;
            setp.eq.u32 %p1, %r1, 0;
            @%p1 bra DONE;
            {
                .param .b32 passed; .param .b32 given;
                sub.u32 %r3, %r1, 1;
                st.param.b32 [passed], %r3;
                call.uni (given), total, (passed);
                ld.param.b32 %r2, [given];
            }
            add.u32 %r2, %r2, %r1;
        DONE:
            st.param.b32 [sum], %r2;
            ret;
        }
        .visible .func (.param .align 8 .b8 out[16]) twice(.param .align 8 .b8 in[16], .param .b32 more)
        {
            .reg .b32 %r<4>; .reg .b64 %d<2>;
            ld.param.b64 %d1, [in];
            ld.param.b32 %r1, [in+8];
            ld.param.b32 %r2, [more];
            mad.lo.u32 %r1, %r1, 2, %r2;
            st.param.b64 [out], %d1;
            st.param.b32 [out+8], %r1;
            ret;
        }
        """;

    /// <summary>No fault while nobody calls them.</summary>
    private const string Wrong = """
        .extern .func nowhere(.param .b32 x);
        .visible .func never() { .reg .b32 %r<2>; nonsense.u32 %r0, %r1; ret; }

        """;

    [Test]
    public void WhatIsNotCalledNeedNotBeUnderstood()
    {
        PtxEntry kernel = PtxModule.Parse(Text("st.global.u32 [%d1], %r1;", Wrong))["k"];
        Assert.That(Run(kernel), Is.EqualTo(Enumerable.Range(0, 8)));
    }

    [Test]
    public void WhatDebuggersReadIsPassedOver()
    {
        const string Sections = """
            .file 1 "kernel.cs"
            .section .debug_str
            {
                .b8 107, 101
            NAME: .b8 0
            }

            """;
        string text = Text(".loc 1 7 3\nst.global.u32 [%d1], %r1; .loc 1 8 3, function_name NAME, inlined_at 1 2 3\n", Sections);
        Assert.That(Run(PtxModule.Parse(text)["k"]), Is.EqualTo(Enumerable.Range(0, 8)));
    }

    [Test]
    public void PassesStructsAndCallsItself()
    {
        PtxEntry kernel = Kernel("""
            {
                .param .align 8 .b8 a[16]; .param .b32 b; .param .align 8 .b8 c[16];
                st.param.b64 [a], %d1;
                st.param.b32 [a+8], %r1;
                st.param.b32 [b], 1;
                call (c), twice, (a, b);
                ld.param.b64 %d2, [c];
                ld.param.b32 %r2, [c+8];
            }
            {
                .param .b32 a; .param .b32 b;
                st.param.b32 [a], %r1;
                call (b), total, (a);
                ld.param.b32 %r3, [b];
            }
            mad.lo.u32 %r2, %r3, 100, %r2;
            st.global.u32 [%d2], %r2;
            """);
        Assert.That(Run(kernel), Is.EqualTo(Enumerable.Range(0, 8).Select(i => 2 * i + 1 + 100 * (i * (i + 1) / 2))));
    }

    [Test]
    public void BranchesByATable()
    {
        PtxEntry kernel = Kernel("""
                and.b32 %r2, %r1, 3;
            TABLE: .branchtargets A, B, A, C;
                brx.idx %r2, TABLE;
            A:  mov.u32 %r3, 10;
                bra END;
            B:  mov.u32 %r3, 20;
                bra END;
            C:  mov.u32 %r3, 30;
            END: st.global.u32 [%d1], %r3;
            """);
        Assert.That(Run(kernel), Is.EqualTo(new[] { 10, 20, 10, 30, 10, 20, 10, 30 }));
    }

    [Test]
    public void GenericAddressesReachAllSpaces()
    {
        PtxEntry kernel = Kernel("""
                .shared .align 8 .b8 sm[64];
                .local .align 8 .b8 lo[16];
                mov.u64 %d2, sm;
                mad.wide.u32 %d2, %r1, 8, %d2;
                cvta.shared.u64 %d3, %d2;
                mov.u64 %d4, lo;
                cvta.local.u64 %d4, %d4;
                st.u32 [%d4+4], %r1;
                ld.u32 %r2, [%d4+4];
                st.u32 [%d3], %r2;
                st.shared.u32 [%d2+4], 5;
                atom.add.u32 %r3, [%d3], 7;
                red.add.shared.u32 [%d2], 1;
                cvta.to.shared.u64 %d5, %d3;
                ld.shared.v2.u32 {%r4, %r5}, [%d5];
                isspacep.shared %p1, %d3;
                isspacep.local %p2, %d3;
                selp.u32 %r6, 100, 0, %p1;
                selp.u32 %r7, 1000, 0, %p2;
                add.u32 %r4, %r4, %r5;
                add.u32 %r4, %r4, %r6;
                add.u32 %r4, %r4, %r7;
                cvta.global.u64 %d6, %d1;
                st.b32 [%d6], %r4;
            """);
        Assert.That(Run(kernel), Is.EqualTo(Enumerable.Range(0, 8).Select(i => i + 7 + 1 + 5 + 100)));
    }

    [Test]
    public void VotesAtBarriers()
    {
        PtxEntry kernel = Kernel("""
                setp.lt.u32 %p1, %r1, 3;
                bar.red.popc.u32 %r2, 0, %p1;
                bar.red.popc.u32 %r3, 0, !%p1;
                bar.red.and.pred %p2, 0, %p1;
                bar.red.or.pred %p3, 0, %p1;
                selp.u32 %r4, 100, 0, %p2;
                selp.u32 %r5, 1000, 0, %p3;
                mad.lo.u32 %r2, %r3, 10, %r2;
                add.u32 %r2, %r2, %r4;
                add.u32 %r2, %r2, %r5;
                st.global.u32 [%d1], %r2;
            """);
        Assert.That(Run(kernel), Is.EqualTo(Enumerable.Repeat(1053, 8)));
    }

    [TestCase("call nothere, ();", PtxError.Undeclared, "no function 'nothere'")]
    [TestCase("{ .param .b32 x; st.param.b32 [x], 1; call nowhere, (x); }", PtxError.Undeclared, "'nowhere' has no body")]
    [TestCase("call never, ();", PtxError.UnknownInstruction, "'nonsense.u32' is no instruction")]
    [TestCase("{ .param .b32 x; .param .b32 y; call (y), total, (x, x); }", PtxError.Syntax, "has 1 parameters, not 2")]
    [TestCase("{ .param .b32 x; .param .b64 y; call (y), total, (x); }", PtxError.TypeMismatch, "'sum' has 4 bytes, not 8")]
    [TestCase("{ .param .b32 x; st.param.b32 [x+4], 1; }", PtxError.OutOfBounds, "outside parameter")]
    [TestCase("call %d1, ();", PtxError.UnknownInstruction, "that are named")]
    [TestCase("brx.idx %r1, TABLE;", PtxError.Undeclared, "no list of targets 'TABLE'")]
    [TestCase("TABLE: .branchtargets A, B; A: brx.idx %r1, TABLE;", PtxError.Undeclared, "no label 'B'")]
    [TestCase("ld.u32 %r2, [%r1];", PtxError.TypeMismatch, "generic address")]
    public void TextThatIsRefused(string body, PtxError error, string words)
    {
        PtxException? thrown = Assert.Throws<PtxException>(() => PtxModule.Parse(Text(body, Wrong)));
        Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
        Assert.That(thrown.Message, Does.Contain(words));
    }

    [TestCase("TABLE: .branchtargets A, A; A: brx.idx %r1, TABLE;", PtxError.OutOfBounds, "target 2 of a list of 2")]
    [TestCase("{ .param .b32 a; .param .b32 b; st.param.b32 [a], -1; call (b), total, (a); }", PtxError.Budget, "calls within each other")]
    [TestCase(".shared .b32 sm; mov.u64 %d2, sm; ld.u32 %r2, [%d2];", PtxError.OutOfBounds, "bytes at 0x1")]
    [TestCase("cvta.to.shared.u64 %d2, %d1;", PtxError.OutOfBounds, "is no address of shared memory")]
    [TestCase(".local .b32 lo; mov.u64 %d2, lo; cvta.local.u64 %d2, %d2; ld.u32 %r2, [%d2];", PtxError.UninitialisedMemory, "'lo'")]
    [TestCase(".local .b32 lo; mov.u64 %d2, lo; cvta.local.u64 %d2, %d2; atom.add.u32 %r2, [%d2], 1;", PtxError.OutOfBounds,
        "atomic operation on local")]
    [TestCase("setp.ne.u32 %p1, %r1, 3; @%p1 bar.red.and.pred %p2, 0, %p1;", PtxError.DivergentBarrier, "has left")]
    [TestCase("@%p3 call gap, ();", PtxError.UninitialisedRegister, "'%p3'")]
    [TestCase("call gap, ();", PtxError.UninitialisedRegister, "'%r2'")]
    [TestCase("st.global.u32 [%d1], %r1; ld.u32 %r2, [%d3];", PtxError.Race, "thread 0")]
    public void FaultsWhileRunning(string body, PtxError error, string words)
    {
        PtxException? thrown = Assert.Throws<PtxException>(() => Run(Kernel(body)));
        Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
        Assert.That(thrown.Message, Does.Contain(words));
    }

    [Test]
    public void EachCallBeginsWithRegistersThatHoldNothing()
    {
        // The first call writes %r2 of 'gap' and the second does not, so the second may not read it.
        PtxException? thrown = Assert.Throws<PtxException>(() => Run(Kernel("""
            {
                .param .b32 a;
                st.param.b32 [a], 1;
                call maybe, (a);
                st.param.b32 [a], 0;
                call maybe, (a);
            }
            """)));
        Assert.That((thrown!.Error, thrown.What), Is.EqualTo((PtxError.UninitialisedRegister, "register '%r2' was never written")));
    }

    /// <summary>d1 is the thread's word of the buffer, d3 the first one's, r1 the thread.</summary>
    private static string Text(string body, string before = "") => KernelText.Module(".param .u64 x", $"""
            ld.param.u64 %d3, [x];
            mov.u32 %r1, %tid.x;
            mad.wide.u32 %d1, %r1, 4, %d3;
        {body}
        """, before: before + Functions + """

        .visible .func gap() { .reg .b32 %r<4>; .reg .pred %p<2>; add.u32 %r3, %r2, 1; ret; }
        .visible .func maybe(.param .b32 x)
        {
            .reg .b32 %r<4>; .reg .pred %p<2>;
            ld.param.b32 %r1, [x];
            setp.ne.u32 %p1, %r1, 0;
            @%p1 mov.u32 %r2, 1;
            add.u32 %r3, %r2, 1;
            ret;
        }
        """);

    private static PtxEntry Kernel(string body)
    {
        string text = Text(body);
        (bool accepted, string? message) = KernelText.Assemble(text);
        Assert.That(accepted, Is.True, message);
        return PtxModule.Parse(text)["k"];
    }

    private static int[] Run(PtxEntry kernel)
    {
        var machine = new PtxMachine();
        int[] result = new int[8];
        ulong address = machine.Allocate(32);
        machine.Write<int>(address, result);
        machine.Launch(kernel, new Dim(1), new Dim(8), 0, address);
        machine.Read<int>(address, result);
        return result;
    }
}
