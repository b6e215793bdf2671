using ILGPU;
using ILGPU.IR;
using ILGPU.IR.Construction;
using ILGPU.IR.Rewriting;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>
/// Writes out the comparisons of floats that hold for NaN: a &lt; b becomes a &lt; b | a ≠ a | b ≠ b. ILGPU's OpenCL generator drops
/// the flag that says so, and <c>if (x &gt; 0)</c>, which C# compiles as a branch on its negation, is then taken for NaN.
/// </summary>
internal sealed class UnorderedComparisons : UnorderedTransformation
{
    private static readonly Rewriter Rewriter = Create();

    /// <inheritdoc/>
    protected override bool PerformTransformation(Method.Builder builder) => Rewriter.Rewrite(builder.SourceBlocks, builder);

    private static Rewriter Create()
    {
        var rewriter = new Rewriter();
        rewriter.Add<CompareValue>(HoldsForNaN, Expand);
        return rewriter;
    }

    // C's != already holds for NaN.
    private static bool HoldsForNaN(CompareValue value) =>
        value.IsUnsignedOrUnordered && value.Kind != CompareKind.NotEqual
            && value.Left.BasicValueType is BasicValueType.Float32 or BasicValueType.Float64;

    private static void Expand(RewriterContext context, CompareValue value)
    {
        IRBuilder builder = context.Builder;
        Value result = builder.CreateCompare(value.Location, value.Left, value.Right, value.Kind, CompareFlags.None);
        foreach (Value operand in new Value[] { value.Left, value.Right })
        {
            if (operand is PrimitiveValue) continue;
            Value isNaN = builder.CreateCompare(value.Location, operand, operand, CompareKind.NotEqual, CompareFlags.None);
            result = builder.CreateArithmetic(value.Location, result, isNaN, BinaryArithmeticKind.Or);
        }
        context.ReplaceAndRemove(value, result);
    }
}
