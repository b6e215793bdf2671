using System.Text.RegularExpressions;

namespace Fovea.Ptx.Tests;

/// <summary>Single instructions against values worked out by hand from the PTX manual, or by C#.</summary>
internal sealed partial class ArithmeticTests
{
    private const ulong NaN = 0x7FFFFFFF, Infinity = 0x7F800000, MinusZero = 0x80000000;

    [TestCase("add.s32 %r0, %r1, %r2", 0x7FFFFFFFul, 1ul, 0ul, 0x80000000ul)]
    [TestCase("add.u32 %r0, %r1, -1", 5ul, 0ul, 0ul, 4ul)]
    [TestCase("add.s64 %d0, %d1, %d2", ulong.MaxValue, 2ul, 0ul, 1ul)]
    [TestCase("add.u16 %h0, %h1, %h2", 0xFFFFul, 3ul, 0ul, 2ul)]
    [TestCase("sub.s32 %r0, %r1, %r2", 1ul, 2ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("mul.lo.s32 %r0, %r1, %r2", 0x10001ul, 0x10001ul, 0ul, 0x20001ul)]
    [TestCase("mul.hi.u32 %r0, %r1, %r2", 0xFFFFFFFFul, 0xFFFFFFFFul, 0ul, 0xFFFFFFFEul)]
    [TestCase("mul.hi.s32 %r0, %r1, %r2", 0xFFFFFFFFul, 5ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("mul.hi.u64 %d0, %d1, %d2", ulong.MaxValue, ulong.MaxValue, 0ul, ulong.MaxValue - 1)]
    [TestCase("mul.hi.s64 %d0, %d1, %d2", ulong.MaxValue, ulong.MaxValue, 0ul, 0ul)]
    [TestCase("mul.wide.u32 %d0, %r1, %r2", 0xFFFFFFFFul, 2ul, 0ul, 0x1FFFFFFFEul)]
    [TestCase("mul.wide.s32 %d0, %r1, %r2", 0xFFFFFFFFul, 2ul, 0ul, 0xFFFFFFFFFFFFFFFEul)]
    [TestCase("mul.wide.s16 %r0, %h1, %h2", 0xFFFFul, 3ul, 0ul, 0xFFFFFFFDul)]
    [TestCase("mad.lo.s32 %r0, %r1, %r2, %r3", 3ul, 4ul, 0xFFFFFFFFul, 11ul)]
    [TestCase("mad.hi.u32 %r0, %r1, %r2, %r3", 0x80000000ul, 4ul, 1ul, 3ul)]
    [TestCase("mad.wide.s32 %d0, %r1, %r2, %d3", 0xFFFFFFFFul, 4ul, 10ul, 6ul)]
    [TestCase("mad.lo.s64 %d0, %d1, %d2, %d3", 3ul, 4ul, 5ul, 17ul)]
    [TestCase("div.s32 %r0, %r1, %r2", 0xFFFFFFF9ul, 2ul, 0ul, 0xFFFFFFFDul)]
    [TestCase("div.s32 %r0, %r1, %r2", 0x80000000ul, 0xFFFFFFFFul, 0ul, 0x80000000ul)]
    [TestCase("div.u32 %r0, %r1, %r2", 0xFFFFFFF9ul, 2ul, 0ul, 0x7FFFFFFCul)]
    [TestCase("rem.s32 %r0, %r1, %r2", 0xFFFFFFF9ul, 4ul, 0ul, 0xFFFFFFFDul)]
    [TestCase("rem.u64 %d0, %d1, %d2", ulong.MaxValue, 10ul, 0ul, 5ul)]
    [TestCase("min.s32 %r0, %r1, %r2", 0xFFFFFFFFul, 1ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("min.u32 %r0, %r1, %r2", 0xFFFFFFFFul, 1ul, 0ul, 1ul)]
    [TestCase("max.s64 %d0, %d1, %d2", ulong.MaxValue, 1ul, 0ul, 1ul)]
    [TestCase("abs.s32 %r0, %r1", 0xFFFFFFF9ul, 0ul, 0ul, 7ul)]
    [TestCase("abs.s32 %r0, %r1", 0x80000000ul, 0ul, 0ul, 0x80000000ul)]
    [TestCase("neg.s64 %d0, %d1", 1ul, 0ul, 0ul, ulong.MaxValue)]
    [TestCase("and.b32 %r0, %r1, 0xF0", 0x1234ul, 0ul, 0ul, 0x30ul)]
    [TestCase("not.b16 %h0, %h1", 0x00FFul, 0ul, 0ul, 0xFF00ul)]
    [TestCase("shl.b32 %r0, %r1, %r2", 1ul, 31ul, 0ul, 0x80000000ul)]
    [TestCase("shl.b32 %r0, %r1, %r2", 1ul, 32ul, 0ul, 0ul)]
    [TestCase("shl.b64 %d0, %d1, %r2", 1ul, 64ul, 0ul, 0ul)]
    [TestCase("shr.s32 %r0, %r1, %r2", 0x80000000ul, 40ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("shr.u32 %r0, %r1, %r2", 0x80000000ul, 0xFFFFFFFFul, 0ul, 0ul)]
    [TestCase("shr.b32 %r0, %r1, %r2", 0x80000000ul, 31ul, 0ul, 1ul)]
    [TestCase("shr.s64 %d0, %d1, %r2", 0x8000000000000000ul, 63ul, 0ul, ulong.MaxValue)]
    [TestCase("shf.l.wrap.b32 %r0, %r1, %r2, %r3", 0x80000001ul, 0x12345678ul, 36ul, 0x23456788ul)]
    [TestCase("shf.r.clamp.b32 %r0, %r1, %r2, %r3", 0x80000001ul, 0x12345678ul, 40ul, 0x12345678ul)]
    [TestCase("popc.b32 %r0, %r1", 0xF0F0ul, 0ul, 0ul, 8ul)]
    [TestCase("clz.b32 %r0, %r1", 0x10000ul, 0ul, 0ul, 15ul)]
    [TestCase("clz.b64 %r0, %d1", 0ul, 0ul, 0ul, 64ul)]
    [TestCase("brev.b32 %r0, %r1", 0x1ul, 0ul, 0ul, 0x80000000ul)]
    [TestCase("bfe.u32 %r0, %r1, %r2, %r3", 0xABCD1234ul, 8ul, 8ul, 0x12ul)]
    [TestCase("bfe.s32 %r0, %r1, %r2, %r3", 0xABCD1234ul, 24ul, 8ul, 0xFFFFFFABul)]
    [TestCase("bfe.s32 %r0, %r1, %r2, %r3", 0xABCD1234ul, 28ul, 16ul, 0xFFFFFFFAul)]
    [TestCase("bfe.s32 %r0, %r1, %r2, %r3", 0x80000000ul, 40ul, 4ul, 0xFFFFFFFFul)]
    [TestCase("bfe.s32 %r0, %r1, %r2, %r3", 0x80000000ul, 4ul, 0ul, 0ul)]
    [TestCase("bfi.b32 %r0, %r1, %r2, %r3, 8", 0xFFul, 0x11111111ul, 4ul, 0x11111FF1ul)]
    [TestCase("bfi.b32 %r0, %r1, %r2, %r3, 8", 0xFFul, 0x11111111ul, 40ul, 0x11111111ul)]
    [TestCase("bfi.b64 %d0, %d1, %d2, %r3, 8", 0xFFul, 0ul, 60ul, 0xF000000000000000ul)]
    [TestCase("prmt.b32 %r0, %r1, %r2, %r3", 0x33221180ul, 0x77665544ul, 0x4710ul, 0x44771180ul)]
    [TestCase("prmt.b32 %r0, %r1, %r2, 0x888F", 0x33221180ul, 0x77665544ul, 0ul, 0xFFFFFF00ul)]
    [TestCase("lop3.b32 %r0, %r1, %r2, %r3, 0x96", 0xFF00ul, 0x0FF0ul, 0x1111ul, 0xE1E1ul)]
    [TestCase("selp.b32 %r0, %r1, %r2, %p3", 7ul, 8ul, 1ul, 7ul)]
    [TestCase("setp.lt.s32 %p0, %r1, %r2", 0xFFFFFFFFul, 0ul, 0ul, 1ul)]
    [TestCase("setp.lt.u32 %p0, %r1, %r2", 0xFFFFFFFFul, 0ul, 0ul, 0ul)]
    [TestCase("setp.hs.u64 %p0, %d1, %d2", 5ul, 5ul, 0ul, 1ul)]
    [TestCase("setp.lt.and.s32 %p0, %r1, %r2, %p3", 1ul, 2ul, 0ul, 0ul)]
    [TestCase("setp.lt.and.s32 %p0, %r1, %r2, !%p3", 1ul, 2ul, 0ul, 1ul)]
    [TestCase("setp.gt.or.s32 %p0, %r1, %r2, %p3", 1ul, 2ul, 1ul, 1ul)]
    [TestCase("set.lt.u32.s32 %r0, %r1, %r2", 1ul, 2ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("not.pred %p0, %p1", 1ul, 0ul, 0ul, 0ul)]
    [TestCase("cvt.s64.s32 %d0, %r1", 0x80000000ul, 0ul, 0ul, 0xFFFFFFFF80000000ul)]
    [TestCase("cvt.u64.u32 %d0, %r1", 0x80000000ul, 0ul, 0ul, 0x80000000ul)]
    [TestCase("cvt.s8.s32 %r0, %r1", 0x1FFul, 0ul, 0ul, 0xFFFFFFFFul)]
    [TestCase("cvt.u8.u32 %r0, %r1", 0x1FFul, 0ul, 0ul, 0xFFul)]
    [TestCase("cvt.s32.s8 %r0, %r1", 0x180ul, 0ul, 0ul, 0xFFFFFF80ul)]
    [TestCase("cvt.sat.u8.s32 %r0, %r1", 0xFFFFFFFFul, 0ul, 0ul, 0ul)]
    [TestCase("cvt.sat.s8.s32 %r0, %r1", 300ul, 0ul, 0ul, 127ul)]
    [TestCase("cvt.u32.u64 %r0, %d1", 0x100000002ul, 0ul, 0ul, 2ul)]
    public void Integers(string instruction, ulong a, ulong b, ulong c, ulong expected) => Expect(instruction, a, b, c, expected);

    [TestCase("add.rn.f32 %f0, %f1, %f2", 1.5f, 16777216.0, 16777218f)]
    [TestCase("sub.rn.f32 %f0, %f1, %f2", float.PositiveInfinity, double.PositiveInfinity, float.NaN)]
    [TestCase("mul.rn.f32 %f0, %f1, %f2", 1e-20f, 1e-20, 1e-40f)]
    [TestCase("div.rn.f32 %f0, %f1, %f2", 1f, 3.0, 1f / 3)]
    [TestCase("div.rn.f32 %f0, %f1, %f2", 1f, -0.0, float.NegativeInfinity)]
    [TestCase("sqrt.rn.f32 %f0, %f1", 2f, 0.0, 1.41421354f)]
    [TestCase("rcp.rn.f32 %f0, %f1", 3f, 0.0, 1f / 3)]
    [TestCase("min.f32 %f0, %f1, %f2", float.NaN, 3.0, 3f)]
    [TestCase("min.f32 %f0, %f1, %f2", 0f, -0.0, -0f)]
    [TestCase("max.f32 %f0, %f1, %f2", -0f, 0.0, 0f)]
    [TestCase("max.f32 %f0, %f1, %f2", 2f, double.NaN, 2f)]
    [TestCase("max.NaN.f32 %f0, %f1, %f2", 2f, double.NaN, float.NaN)]
    [TestCase("min.NaN.f32 %f0, %f1, %f2", 0f, -0.0, -0f)]
    [TestCase("neg.f32 %f0, %f1", 0f, 0.0, -0f)]
    [TestCase("abs.f32 %f0, %f1", -0f, 0.0, 0f)]
    [TestCase("copysign.f32 %f0, %f1, %f2", -1f, 5.0, -5f)]
    [TestCase("ex2.approx.f32 %f0, %f1", 3f, 0.0, 8f)]
    [TestCase("lg2.approx.f32 %f0, %f1", 8f, 0.0, 3f)]
    [TestCase("rsqrt.approx.f32 %f0, %f1", 4f, 0.0, 0.5f)]
    [TestCase("mul.ftz.f32 %f0, %f1, %f2", -1e-20f, 1e-20, -0f)]
    [TestCase("cvt.rni.f32.f32 %f0, %f1", 2.5f, 0.0, 2f)]
    [TestCase("cvt.rzi.f32.f32 %f0, %f1", -2.7f, 0.0, -2f)]
    [TestCase("cvt.rmi.f32.f32 %f0, %f1", -2.1f, 0.0, -3f)]
    [TestCase("cvt.rpi.f32.f32 %f0, %f1", 2.1f, 0.0, 3f)]
    [TestCase("cvt.sat.f32.f32 %f0, %f1", 2.1f, 0.0, 1f)]
    public void Floats(string instruction, float a, double b, float expected) =>
        Expect(instruction, Bits(a), Bits((float)b), 0, float.IsNaN(expected) ? NaN : Bits(expected));

    [TestCase("eq", false, false, false, true, false)]
    [TestCase("ne", true, true, false, false, true)]
    [TestCase("lt", true, false, false, false, false)]
    [TestCase("le", true, false, false, true, false)]
    [TestCase("gt", false, true, false, false, true)]
    [TestCase("ge", false, true, false, true, true)]
    [TestCase("equ", false, false, true, true, false)]
    [TestCase("neu", true, true, true, false, true)]
    [TestCase("ltu", true, false, true, false, false)]
    [TestCase("leu", true, false, true, true, false)]
    [TestCase("gtu", false, true, true, false, true)]
    [TestCase("geu", false, true, true, true, true)]
    [TestCase("num", true, true, false, true, true)]
    [TestCase("nan", false, false, true, false, false)]
    public void ComparesFloats(string how, bool less, bool greater, bool unordered, bool equal, bool infinite)
    {
        PtxEntry kernel = Kernel($"setp.{how}.f32 %p0, %f1, %f2");
        bool Compare(float a, float b) => Run(kernel, Bits(a), Bits(b), 0) != 0;
        Assert.That((Compare(1, 2), Compare(2, 1), Compare(1, float.NaN), Compare(0f, -0f), Compare(float.PositiveInfinity, 1)),
            Is.EqualTo((less, greater, unordered, equal, infinite)));
    }

    [TestCase("cvt.rn.f32.s32 %f0, %r1", 16777217ul, 0x4B800000ul)]
    [TestCase("cvt.rp.f32.s32 %f0, %r1", 16777217ul, 0x4B800001ul)]
    [TestCase("cvt.rz.f32.s32 %f0, %r1", 0xFEFFFFFFul, 0xCB800000ul)]
    [TestCase("cvt.rm.f32.s32 %f0, %r1", 0xFEFFFFFFul, 0xCB800001ul)]
    [TestCase("cvt.rn.f32.u64 %f0, %d1", ulong.MaxValue, 0x5F800000ul)]
    [TestCase("cvt.rz.f32.u64 %f0, %d1", ulong.MaxValue, 0x5F7FFFFFul)]
    [TestCase("cvt.rn.f32.u64 %f0, %d1", 0x8000008000000001ul, 0x5F000001ul)]
    [TestCase("cvt.rn.f32.u64 %f0, %d1", 0x8000008000000000ul, 0x5F000000ul)]
    [TestCase("cvt.rn.f64.u64 %g0, %d1", 0x8000000000000400ul, 0x43E0000000000000ul)]
    [TestCase("cvt.rn.f64.u64 %g0, %d1", 0x8000000000000401ul, 0x43E0000000000001ul)]
    [TestCase("cvt.rn.f64.s64 %g0, %d1", ulong.MaxValue, 0xBFF0000000000000ul)]
    [TestCase("cvt.rn.f32.u8 %f0, %r1", 0x1FFul, 0x437F0000ul)]
    [TestCase("cvt.rni.s32.f32 %r0, %f1", 0x40200000ul, 2ul)]
    [TestCase("cvt.rni.s32.f32 %r0, %f1", 0x40600000ul, 4ul)]
    [TestCase("cvt.rzi.s32.f32 %r0, %f1", 0xC0200000ul, 0xFFFFFFFEul)]
    [TestCase("cvt.rmi.s32.f32 %r0, %f1", 0xC0200000ul, 0xFFFFFFFDul)]
    [TestCase("cvt.rpi.s32.f32 %r0, %f1", 0x40200000ul, 3ul)]
    [TestCase("cvt.rzi.s32.f32 %r0, %f1", NaN, 0ul)]
    [TestCase("cvt.rzi.s32.f32 %r0, %f1", Infinity, 0x7FFFFFFFul)]
    [TestCase("cvt.rzi.u32.f32 %r0, %f1", 0xBF800000ul, 0ul)]
    [TestCase("cvt.rzi.u64.f32 %d0, %f1", Infinity, ulong.MaxValue)]
    [TestCase("cvt.rzi.s64.f64 %d0, %g1", 0xC3E0000000000001ul, 0x8000000000000000ul)]
    [TestCase("cvt.rzi.u8.f32 %r0, %f1", 0x43960000ul, 255ul)]
    [TestCase("cvt.f64.f32 %g0, %f1", 0x3FC00000ul, 0x3FF8000000000000ul)]
    [TestCase("cvt.rn.f32.f64 %f0, %g1", 0x3FF0000010000000ul, 0x3F800000ul)]
    [TestCase("cvt.rn.f32.f64 %f0, %g1", 0x3FF0000010000001ul, 0x3F800001ul)]
    [TestCase("cvt.rp.f32.f64 %f0, %g1", 0x3FF0000000000001ul, 0x3F800001ul)]
    [TestCase("cvt.rz.f32.f64 %f0, %g1", 0xBFF00000FFFFFFFFul, 0xBF800007ul)]
    [TestCase("cvt.f32.f16 %f0, %h1", 0x3E00ul, 0x3FC00000ul)]
    [TestCase("cvt.f64.f16 %g0, %h1", 0xC000ul, 0xC000000000000000ul)]
    [TestCase("cvt.rn.f16.f32 %h0, %f1", 0x3F801000ul, 0x3C00ul)]
    [TestCase("cvt.rn.f16.f32 %h0, %f1", 0x3F801001ul, 0x3C01ul)]
    [TestCase("cvt.rz.f16.f32 %h0, %f1", 0x3F801FFFul, 0x3C00ul)]
    [TestCase("cvt.rn.f16.f32 %h0, %f1", NaN, 0x7FFFul)]
    [TestCase("cvt.rn.f16.f64 %h0, %g1", 0x3FF0020000000001ul, 0x3C01ul)]
    [TestCase("cvt.rn.f16.s32 %h0, %r1", 2051ul, 0x6802ul)]
    [TestCase("cvt.rn.f16.s32 %h0, %r1", 100000ul, 0x7C00ul)]
    [TestCase("cvt.rz.f16.s32 %h0, %r1", 100000ul, 0x7BFFul)]
    [TestCase("cvt.rzi.s32.f16 %r0, %h1", 0xC100ul, 0xFFFFFFFEul)]
    [TestCase("cvt.rni.f16.f16 %h0, %h1", 0x4100ul, 0x4000ul)]
    [TestCase("cvt.rna.tf32.f32 %r0, %f1", 0x3F801000ul, 0x3F802000ul)]
    [TestCase("cvt.rna.tf32.f32 %r0, %f1", 0xBF800FFFul, 0xBF800000ul)]
    [TestCase("cvt.rna.tf32.f32 %r0, %f1", Infinity, Infinity)]
    [TestCase("setp.ltu.f16 %p0, %h1, %h1", 0x7E00ul, 1ul)]
    [TestCase("testp.finite.f32 %p0, %f1", Infinity, 0ul)]
    [TestCase("neg.f64 %g0, %g1", 0ul, 0x8000000000000000ul)]
    [TestCase("and.b32 %f0, %f1, 0x7FFFFFFF", MinusZero, 0ul)]
    public void Conversions(string instruction, ulong a, ulong expected) => Expect(instruction, a, 0, 0, expected);

    [TestCase("add.f16 %h0, %h1, %h2", 1.0, 2048.0, 2048.0)]
    [TestCase("add.f16 %h0, %h1, %h2", 3.0, 2048.0, 2052.0)]
    [TestCase("sub.rn.f16 %h0, %h1, %h2", 65504.0, -16.0, double.PositiveInfinity)]
    [TestCase("mul.f16 %h0, %h1, %h2", 0.0009765625, 0.0009765625, 0.00000095367431640625)]
    [TestCase("mul.ftz.f16 %h0, %h1, %h2", 0.0009765625, -0.0009765625, -0.0)]
    [TestCase("fma.rn.f16 %h0, %h1, %h2, %h1", 0.5, 3.0, 2.0)]
    [TestCase("neg.f16 %h0, %h1", 0.0, 0.0, -0.0)]
    [TestCase("abs.f16 %h0, %h1", -2.5, 0.0, 2.5)]
    [TestCase("max.f16 %h0, %h1, %h2", double.NaN, 3.0, 3.0)]
    [TestCase("max.NaN.f16 %h0, %h1, %h2", double.NaN, 3.0, double.NaN)]
    [TestCase("ex2.approx.f16 %h0, %h1", 3.0, 0.0, 8.0)]
    public void Halves(string instruction, double a, double b, double expected) =>
        Expect(instruction, HalfBits(a), HalfBits(b), 0, HalfBits(expected));

    [Test]
    public void FusedHalvesRoundOnce()
    {
        // The product needs 22 bits; what lies far below it decides the tie.
        foreach (double small in new[] { 0.0000019073486328125, -0.0000019073486328125 })
        {
            double a = 65 / 64.0, b = 63.03125;
            var exact = (decimal)a * (decimal)b + (decimal)small;
            Expect("fma.rn.f16 %h0, %h1, %h2, %h3", HalfBits(a), HalfBits(b), HalfBits(small), HalfBits((double)exact));
        }
    }

    [Test]
    public void FusedAddsRoundOnce()
    {
        Expect("fma.rn.f32 %f0, %f1, %f2, %f3", Bits(1 + 1f / 4096), Bits(1 - 1f / 4096), Bits(-1f), Bits(-1f / (1 << 24)));
        Expect("fma.rn.f64 %g0, %g1, %g2, %g3", BitConverter.DoubleToUInt64Bits(3), BitConverter.DoubleToUInt64Bits(4),
            BitConverter.DoubleToUInt64Bits(5), BitConverter.DoubleToUInt64Bits(17));
    }

    [Test]
    public void DivisionByZeroIsAsInHardwareWhereItIsNotRefused()
    {
        var options = new PtxOptions { StrictDivision = false };
        Assert.That(Run(Kernel("div.u32 %r0, %r1, %r2"), 7, 0, 0, options), Is.EqualTo(0xFFFFFFFF));
        Assert.That(Run(Kernel("div.s32 %r0, %r1, %r2"), 7, 0, 0, options), Is.EqualTo(0xFFFFFFFF));
        Assert.That(Run(Kernel("rem.u32 %r0, %r1, %r2"), 7, 0, 0, options), Is.EqualTo(7));
    }

    private static void Expect(string instruction, ulong a, ulong b, ulong c, ulong expected) =>
        Assert.That($"0x{Run(Kernel(instruction), a, b, c):x}", Is.EqualTo($"0x{expected:x}"));

    private static ulong HalfBits(double value) => double.IsNaN(value) ? 0x7FFFu : BitConverter.HalfToUInt16Bits((Half)value);

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>A kernel around one instruction: registers 1 to 3 of any kind are the inputs, register 0 is the result.</summary>
    private static PtxEntry Kernel(string instruction)
    {
        string loads = "", store = "";
        foreach (Match register in Register().Matches(instruction))
        {
            char kind = register.Value[1], number = register.Value[2];
            string type = kind switch { 'r' => "b32", 'd' => "b64", 'h' => "b16", 'f' => "f32", 'g' => "f64", _ => "pred" };
            if (number == '0')
                store = kind == 'p' ? "selp.u64 %d9, 1, 0, %p0; st.global.u64 [%d10], %d9;" : $"st.global.{type} [%d10], {register.Value};";
            else
                loads += kind == 'p' ? $"ld.param.u32 %r9, [x{number}]; setp.ne.u32 {register.Value}, %r9, 0;\n"
                    : $"ld.param.{type} {register.Value}, [x{number}];\n";
        }
        return KernelText.Kernel(".param .u64 x1, .param .u64 x2, .param .u64 x3, .param .u64 out",
            $"ld.param.u64 %d10, [out];\n{loads}{instruction};\n{store}", sm: NeedsLaterDevice().IsMatch(instruction) ? 80 : 70);
    }

    private static ulong Run(PtxEntry kernel, ulong a, ulong b, ulong c, PtxOptions? options = null)
    {
        var machine = new PtxMachine(options);
        ulong address = machine.Allocate(8);
        machine.Write<ulong>(address, [0ul]);
        machine.Launch(kernel, new Dim(1), new Dim(1), 0, a, b, c, address);
        var result = new ulong[1];
        machine.Read<ulong>(address, result);
        return result[0];
    }

    [GeneratedRegex(@"NaN|tf32|(ex2|max|abs).*\.f16")]
    private static partial Regex NeedsLaterDevice();

    [GeneratedRegex("%[rdhfgp][0-3]")]
    private static partial Regex Register();
}
