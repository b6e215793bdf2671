using Fovea.Execution;
using Fovea.Gpu.Devices;
using Fovea.Ops;

namespace Fovea.Gpu.Elementwise;

/// <summary>Formulas, as kernels of their own.</summary>
internal static class MapSteps
{
    public static IStep Map(GpuContext context, Expression formula, IReadOnlyList<TensorSpec> inputs, Shape result) =>
        Lower(context, [formula], inputs, result, buffers => [.. buffers.Inputs, .. buffers.Outputs]);

    /// <summary>The results replace the first inputs.</summary>
    public static IStep Update(GpuContext context, IReadOnlyList<Expression> formulas, IReadOnlyList<TensorSpec> inputs) =>
        Lower(context, formulas, inputs, inputs[0].Shape, buffers => [.. buffers.Inputs, .. buffers.Inputs[..formulas.Count]]);

    public static IStep Constant(GpuContext context, ConstantOp op)
    {
        DeviceKernel kernel = context.Load(Fill.Run);
        int vectors = Vectors(op.Shape.Count);
        return new GpuStep(buffers => new Launch(kernel, kernel.GroupsFor(vectors), buffers.Outputs[0].Vectors(),
            KernelArgument.Of(op.Value), KernelArgument.Of(vectors)));
    }

    /// <summary>The kernel of a formula.</summary>
    /// <param name="context">The device.</param>
    /// <param name="form">How threads share the elements.</param>
    /// <param name="formulas">The results.</param>
    /// <param name="kinds">How the inputs are spread.</param>
    public static DeviceKernel Load(
        GpuContext context, FormulaForm form, IReadOnlyList<Expression> formulas, IReadOnlyList<MapInputKind> kinds) =>
        context.Load(FormulaKernels.Of(MapCompiler.Compile(formulas, kinds), form),
            form == FormulaForm.Pieces ? FormulaKernels.PieceElements / 4 : null);

    public static int Vectors(long elements) => (int)((elements + 3) / 4);

    private static GpuStep Lower(
        GpuContext context, IReadOnlyList<Expression> formulas, IReadOnlyList<TensorSpec> inputs, Shape result,
            Func<StepBuffers, BufferView[]> slots)
    {
        MapInputKind[] kinds = [.. inputs.Select(input => MapOp.Kind(input.Shape, result))];
        long[] periods = [.. inputs.Where((_, i) => kinds[i] == MapInputKind.Repeating).Select(input => input.Shape.Count).Distinct()];
        if (periods.Length > 1) throw new NotSupportedException(
            $"A map cannot combine operands that repeat every {string.Join(" and every ", periods)} elements.");
        // What remains of the last vector falls into the padding behind every block; only where a vector repeats must it come out even.
        int period = periods.Length == 0 ? 4 : (int)periods[0];
        bool vectors = period % 4 == 0;
        int count = vectors ? Vectors(result.Count) : (int)result.Count;
        DeviceKernel kernel = Load(context, vectors ? FormulaForm.Vectors : FormulaForm.Elements, formulas, kinds);
        return new GpuStep(buffers =>
        {
            IEnumerable<KernelArgument> views = slots(buffers).Select(view => view.Vectors());
            return new Launch(
                kernel, kernel.GroupsFor(count), [.. views, KernelArgument.Of(count), KernelArgument.Of(vectors ? period / 4 : period)]);
        });
    }
}
