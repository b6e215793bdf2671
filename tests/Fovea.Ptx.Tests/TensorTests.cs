namespace Fovea.Ptx.Tests;

/// <summary>Matrices that a warp loads and multiplies, and copies past the registers.</summary>
internal sealed class TensorTests
{
    private const string Start = """
            .shared .align 16 .b8 sm[1024];
            mov.u32 %r1, %tid.x;
            mov.u32 %r2, sm;
            ld.param.u64 %d1, [x];
            mad.lo.u32 %r3, %r1, 16, %r2;
            mad.wide.u32 %d2, %r1, 16, %d1;
        """;

    [TestCase("", "x4")]
    [TestCase("", "x2")]
    [TestCase(".trans", "x4")]
    [TestCase(".trans", "x1")]
    public void LoadsMatrices(string transposed, string count)
    {
        int matrices = count[1] - '0';
        string targets = string.Join(", ", Enumerable.Range(10, matrices).Select(i => $"%r{i}"));
        string rest = string.Concat(Enumerable.Range(10 + matrices, 4 - matrices).Select(i => $"mov.u32 %r{i}, 0; "));
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
            {{Start}}
                ld.global.v4.u32 {%r4, %r5, %r6, %r7}, [%d2];
                st.shared.v4.u32 [%r3], {%r4, %r5, %r6, %r7};
                bar.sync 0;
                {{rest}}
                ldmatrix.sync.aligned.m8n8.{{count}}{{transposed}}.shared.b16 {{{targets}}}, [%r3];
                st.global.v4.u32 [%d2], {%r10, %r11, %r12, %r13};
            """, sm: 80);
        // Element (row, column) of matrix m is 64 m + 8 row + column.
        ushort[] values = [.. Enumerable.Range(0, 256).Select(i => (ushort)i)];
        uint[] result = Run(kernel, values, 128);
        for (int i = 0; i < 128; i++)
        {
            int lane = i / 4, matrix = i % 4, row = lane / 4, column = lane % 4 * 2;
            int low = 64 * matrix + (transposed.Length == 0 ? 8 * row + column : 8 * column + row), step = transposed.Length == 0 ? 1 : 8;
            Assert.That(result[i], Is.EqualTo(matrix < matrices ? (uint)(low | low + step << 16) : 0), $"lane {lane}, matrix {matrix}");
        }
    }

    [Test]
    public void MultipliesWhatTheManualSaysAndTruncatesOperands()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
            {{Start}}
                ld.global.v4.b32 {%r4, %r5, %r6, %r7}, [%d2];
                ld.global.v2.b32 {%r8, %r9}, [%d2+512];
                mov.f32 %f1, 0f3F800000;
                mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f4, %f5, %f6, %f7}, {%r4, %r5, %r6, %r7}, {%r8, %r9},
                    {%f1, %f1, %f1, %f1};
                st.global.v4.f32 [%d2], {%f4, %f5, %f6, %f7};
            """, sm: 80);
        // Bits below the tenth of a mantissa must not matter.
        float a(int row, int k) => (row - k + 3) * (1 + MathF.ScaleB(1, -11));
        float b(int k, int column) => 2 * k - column;
        float[] input = new float[256];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            float[] fragment = [a(g, t), a(g + 8, t), a(g, t + 4), a(g + 8, t + 4)];
            fragment.CopyTo(input, 4 * lane);
            input[128 + 4 * lane] = b(t, g);
            input[129 + 4 * lane] = b(t + 4, g);
        }
        uint[] result = Run(kernel, input, 128);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
                float expected = 1 + Enumerable.Range(0, 8).Sum(k => (row - k + 3) * b(k, column));
                Assert.That(BitConverter.UInt32BitsToSingle(result[4 * lane + i]), Is.EqualTo(expected), $"row {row}, column {column}");
            }
        }
    }

    [Test]
    public void CopiesLandWhenTheyAreWaitedFor()
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $$"""
            {{Start}}
                st.shared.v4.u32 [%r3], {7, 7, 7, 7};
                st.shared.v4.u32 [%r3+512], {7, 7, 7, 7};
                cp.async.cg.shared.global [%r3], [%d2], 16;
                cp.async.commit_group;
                cp.async.ca.shared.global [%r3+512], [%d2], 8, 4;
                cp.async.commit_group;
                ld.shared.u32 %r10, [%r3];
                cp.async.wait_group 1;
                ld.shared.u32 %r11, [%r3+4];
                ld.shared.u32 %r12, [%r3+512];
                cp.async.wait_all;
                ld.shared.v2.u32 {%r13, %r14}, [%r3+512];
                st.global.v4.u32 [%d2], {%r10, %r11, %r12, %r13};
                st.global.u32 [%d2+512], %r14;
            """, sm: 80);
        uint[] result = Run(kernel, Enumerable.Range(0, 256).ToArray(), 256);
        for (uint lane = 0; lane < 32; lane++)
        {
            Assert.That(result[(int)(4 * lane)..(int)(4 * lane + 4)], Is.EqualTo(new uint[] { 7, 4 * lane + 1, 7, 4 * lane }));
            Assert.That(result[128 + 4 * lane], Is.Zero, "what was not given is cleared");
        }
    }

    // Each thread copies to its neighbour's place.
    [TestCase("bar.sync 0; COPY cp.async.wait_all; bar.sync 0; LOAD", null)]
    [TestCase("bar.sync 0; COPY cp.async.wait_all; LOAD", PtxError.Race)]
    [TestCase("COPY cp.async.wait_all; bar.sync 0; LOAD", PtxError.Race)]
    [TestCase("bar.sync 0; LOAD COPY bar.sync 0; cp.async.wait_all;", PtxError.Race)]
    public void PlacesOfCopiesMustNotBeInUse(string order, PtxError? error)
    {
        string body = order.Replace("COPY", "cp.async.cg.shared.global [%r6], [%d2], 16;").Replace("LOAD", "ld.shared.u32 %r10, [%r3];");
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $"""
            {Start}
                xor.b32 %r5, %r1, 1;
                mad.lo.u32 %r6, %r5, 16, %r2;
                st.shared.u32 [%r3], 1;
            {body}
            """, sm: 80);
        if (error is null)
            Assert.That(() => Run(kernel, new int[128], 1), Throws.Nothing);
        else
            Assert.That(Assert.Throws<PtxException>(() => Run(kernel, new int[128], 1))!.Error, Is.EqualTo(error));
    }

    [TestCase("cp.async.cg.shared.global [%r3], [%d1+4], 16;", PtxError.Misaligned)]
    [TestCase("cp.async.cg.shared.global [%r3+1024], [%d1], 16;", PtxError.OutOfBounds)]
    [TestCase("cp.async.cg.shared.global [%r3], [%d1+65536], 16;", PtxError.OutOfBounds)]
    [TestCase("setp.ne.u32 %p1, %r1, 3; @%p1 ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r4}, [%r2];", PtxError.DivergentWarp)]
    [TestCase("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r4}, [%r2];", PtxError.UninitialisedMemory)]
    public void FaultsOfCopiesAndMatrices(string body, PtxError error)
    {
        PtxEntry kernel = KernelText.Kernel(".param .u64 x", $"{Start}\n{body}", sm: 80);
        PtxException? thrown = Assert.Throws<PtxException>(() => Run(kernel, new int[128], 1));
        Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
        Assert.That(thrown.Message, Does.Contain("kernel 'k', line").And.Contain("thread"));
    }

    [TestCase("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4, %r5}, [%r2];", 80, PtxError.TypeMismatch)]
    [TestCase("ldmatrix.sync.aligned.m8n8.x3.shared.b16 {%r4, %r5, %r6}, [%r2];", 80, PtxError.UnknownInstruction)]
    [TestCase("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r4}, [%r2];", 70, PtxError.UnknownInstruction)]
    [TestCase("cp.async.cg.shared.global [%r2], [%d1], 8;", 80, PtxError.TypeMismatch)]
    [TestCase("cp.async.ca.shared.global [%r2], [%d1], 4;", 70, PtxError.UnknownInstruction)]
    [TestCase("cp.async.cg.global.shared [%d1], [%r2], 16;", 80, PtxError.UnknownInstruction)]
    public void TextThatTheAssemblerRefuses(string line, int sm, PtxError error)
    {
        string text = KernelText.Module(".param .u64 x", $"{Start}\n{line}", sm: sm);
        Assert.That(Assert.Throws<PtxException>(() => PtxModule.Parse(text))!.Error, Is.EqualTo(error));
        if (KernelText.Assembler is not null)
            Assert.That(KernelText.Assemble(text, sm).Accepted, Is.False, "the assembler takes it");
    }

    private static uint[] Run<T>(PtxEntry kernel, T[] input, int count) where T : unmanaged
    {
        var machine = new PtxMachine();
        ulong address = machine.Allocate(1024);
        machine.Write<T>(address, input);
        machine.Launch(kernel, new Dim(1), new Dim(32), 0, address);
        var result = new uint[count];
        machine.Read<uint>(address, result);
        return result;
    }
}
