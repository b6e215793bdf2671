using Fovea.Core.Memory;
using Fovea.Core.Random;
using Fovea.Cpu.Elementwise;
using Fovea.Cpu.Threads;
using Fovea.Cpu.Vectors;
using Fovea.Gpu.Devices;
using Fovea.Gpu.Elementwise;
using Fovea.Ops;
using Fovea.Testing;
using Fovea.Verification.Kernels;

namespace Fovea.Gpu.Tests;

/// <summary>Kernels of formulas give the bits that the processor's kernel gives.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.ForKernels))]
internal sealed unsafe class FormulaTests(string name) : KernelDeviceTests(name)
{
    private const int Period = 12, Count = 40 * Period;

    private static readonly Expression X = Expression.Input(0), Y = Expression.Input(1), Z = Expression.Input(2);

    private static (string Name, Expression Formula)[] Functions =>
    [
        ("exponential", Expression.Exp(X)), ("exponential less one", Expression.Expm1(X)), ("logarithm", Expression.Log(X)),
        ("hyperbolic tangent", Expression.Tanh(X)), ("logistic", Expression.Sigmoid(X)), ("power", Expression.Pow(X, Y)),
        ("logarithm of one plus", Expression.Log1p(X)), ("error function", Expression.Erf(X)),
    ];

    private static (string Name, Expression Formula)[] All =>
    [
        ("sum", X + Y), ("difference", X - Y), ("product", X * Y), ("quotient", X / Y), ("negation", -X), ("copy", X),
        ("two constants added", X + 0.1f + 0.3f), ("two constants multiplied", X * 0.1f * 0.3f),
            ("two constants subtracted", X - 0.1f - 0.3f),
        ("constants on the left", 0.3f - (0.1f - X)), ("constants on both sides", 0.1f + X + 0.3f),
            ("a constant added and subtracted", X + 1e6f - 1e6f),
        ("a constant", Expression.Input(0) * 0f + 3f), ("zero plus", X + Y * 0f),
            ("no simplification", new BinaryExpression(MapOpcode.Add, X, 0f)),
        ("taken from zero", new BinaryExpression(MapOpcode.Subtract, 0f, X)),
            ("times zero", new BinaryExpression(MapOpcode.Multiply, X, 0f)),
        ("one by", 1f / X), ("by a power of two", X / 8f), ("by three", X / 3f), ("no fused product", (X * Y) + Z),
            ("no fused difference", Z - (X * Y)),
        ("horner", (((((0.3f * X) + 0.7f) * X) + 1.1f) * X) - 0.9f), ("larger", Expression.Max(X, Y)), ("smaller", Expression.Min(X, 0f)),
        ("rectifier", Expression.Max(X, 0f)), ("rectifier, zero first", Expression.Max(0f, X)), ("size", Expression.Abs(X)),
            ("root", Expression.Sqrt(X)),
        ("sign", Expression.Sign(X)), ("choice", Expression.SelectPositive(X, Y, Z * 2f)),
            ("choice of constants", Expression.SelectPositive(X, 1f, 0f)),
        ("the same twice", (X + Y) * (X + Y)),

        // The processor's functions are those of kernels, step by step; where it has fused products they have the same bits.
        .. ProductSum.IsFused ? Functions : [],
    ];

    private static IEnumerable<TestCaseData> Formulas =>
        All.Select(entry => new TestCaseData(entry.Formula).SetArgDisplayNames(entry.Name));

    [TestCaseSource(nameof(Formulas))]
    public void ArithmeticHasTheBitsOfTheProcessor(Expression formula)
    {
        MapInputKind[][] spreads =
        [
            [MapInputKind.Full, MapInputKind.Full, MapInputKind.Full], [MapInputKind.Full, MapInputKind.Repeating, MapInputKind.Scalar],
                [MapInputKind.Full, MapInputKind.Scalar, MapInputKind.Repeating],
        ];
        foreach (MapInputKind[] spread in spreads)
        {
            MapProgram program = MapCompiler.Compile([formula], spread);
            foreach (FormulaForm form in new[] { FormulaForm.Elements, FormulaForm.Vectors }) Check(program, form);
        }
    }

    [Test]
    public void OneToTwentyOperands([Range(1, 20)] int operands)
    {
        Expression sum = Expression.Input(0);
        for (int i = 1; i < operands; i++) sum = (sum * 0.75f) + Expression.Input(i);
        MapInputKind[] kinds = [.. Enumerable.Range(0, operands)
            .Select(i => i % 4 == 2 ? MapInputKind.Scalar : i % 4 == 3 ? MapInputKind.Repeating : MapInputKind.Full)];
        Check(MapCompiler.Compile([sum], kinds), FormulaForm.Vectors);
    }

    [Test]
    public void ManyResultsMayReplaceTheirInputs()
    {
        MapProgram program = MapCompiler.Compile([X - (0.1f * Z), Y + X, Z * Y], [MapInputKind.Full, MapInputKind.Full, MapInputKind.Full]);
        float[][] inputs = Inputs(program);
        DeviceBuffer[] buffers = [.. inputs.Select(values => Device.Upload<float>(values))];
        DeviceKernel kernel =
            Device.Load(new KernelSource(FormulaKernels.Of(program, FormulaForm.Vectors), new Dim3(Device.Info.GroupSize)));
        KernelArgument[] views = [.. buffers.Select(buffer => buffer.View<float>())];
        kernel.Launch(kernel.GroupsFor(Count / 4), [.. views, .. views, KernelArgument.Of(Count / 4), KernelArgument.Of(1)]);
        float[][] expected = Processor(program, inputs);
        for (int i = 0; i < 3; i++) Assert.That(Bits(Device.Download<float>(buffers[i])), Is.EqualTo(Bits(expected[i])), $"result {i}");
        foreach (DeviceBuffer buffer in buffers) buffer.Dispose();
    }

    [Test]
    public void TheSameFormulaIsTheSameMethod()
    {
        MapInputKind[] kinds = [MapInputKind.Full, MapInputKind.Full];
        System.Reflection.MethodInfo Of(Expression formula, FormulaForm form = FormulaForm.Vectors) =>
            FormulaKernels.Of(MapCompiler.Compile([formula], kinds), form);
        System.Reflection.MethodInfo first = Of(X + (2f * Y));
        Assert.That(Of(X + (2f * Y)), Is.SameAs(first));
        // They are told apart by the constants' bits.
        Assert.That(new[] { Of(X + (2f * Y)), Of(X + (3f * Y)), Of(new BinaryExpression(MapOpcode.Multiply, X, -0f)),
            Of(new BinaryExpression(MapOpcode.Multiply, X, 0f)), Of(X + (2f * Y), FormulaForm.Elements) }.Select(NameOf), Is.Unique);

        static string NameOf(System.Reflection.MethodInfo method) => KernelCatalog.NameOf(new KernelSource(method, new Dim3(64)));
    }

    private void Check(MapProgram program, FormulaForm form)
    {
        float[][] inputs = Inputs(program);
        float[] expected = Processor(program, inputs)[0];
        DeviceBuffer[] buffers = [.. inputs.Select(values => Device.Upload<float>(values))];
        using DeviceBuffer result = Device.Allocate<float>(Count);
        int lanes = form == FormulaForm.Vectors ? 4 : 1;
        DeviceKernel kernel = Device.Load(new KernelSource(FormulaKernels.Of(program, form), new Dim3(Device.Info.GroupSize)));
        kernel.Launch(kernel.GroupsFor(Count / lanes),
            [.. buffers.Append(result).Select(buffer => buffer.View<float>()), KernelArgument.Of(Count / lanes),
                KernelArgument.Of(Period / lanes)]);
        float[] actual = Device.Download<float>(result);
        foreach (DeviceBuffer buffer in buffers) buffer.Dispose();
        Assert.That(Bits(actual), Is.EqualTo(Bits(expected)), $"{form} of {string.Join(", ", program.Inputs)}");
    }

    /// <summary>Numbers of all sizes, special ones among them.</summary>
    private static float[][] Inputs(MapProgram program)
    {
        float[] special =
            [0f, -0f, 1f, -1f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, 1e-40f, 1e-30f];
        var random = new RandomStream(11, 0);
        float Next() => random.NextInt32(5) == 0 ? special[random.NextInt32(special.Length)]
            : random.NextNormal() * MathF.Pow(10, random.NextInt32(7) - 3);
        // A scalar is a number, and fills a vector.
        return [.. program.Inputs.Select(
            kind => (float[])[
            .. Enumerable.Range(0, kind == MapInputKind.Full ? Count : kind == MapInputKind.Repeating ? Period : 4).Select(_ => Next())])];
    }

    private static float[][] Processor(MapProgram program, float[][] inputs)
    {
        using var pool = new WorkerPool(1);
        var kernel = new MapKernel(program, Count, Period, pool);
        var memory = new List<Tensor>();
        Tensor Fill(float[] values)
        {
            var tensor = new Tensor(new Shape(values.Length));
            values.CopyTo(tensor.Span);
            memory.Add(tensor);
            return tensor;
        }
        for (int i = 0; i < inputs.Length; i++) kernel.SetInput(i, Fill(inputs[i]).Pointer);
        Tensor[] results = [.. program.Outputs.Select(_ => Fill(new float[Count]))];
        for (int i = 0; i < results.Length; i++) kernel.SetOutput(i, results[i].Pointer);
        kernel.Run(Fill(new float[(kernel.WorkspaceBytes / sizeof(float)) + 1]).Pointer);
        return [.. results.Select(result => result.Span.ToArray())];
    }

    /// <summary>Bits; one of the many of NaN for all of them.</summary>
    private static int[] Bits(float[] values) =>
        [.. values.Select(value => BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value))];
}
