using System.Reflection.Emit;
using Fovea.Gpu.Mathematics;
using Fovea.Ops;

namespace Fovea.Gpu.Elementwise;

/// <summary>Writes the body of a formula's kernel.</summary>
internal sealed class FormulaWriter(ILGenerator il, MapProgram program, FormulaForm form)
{
    private readonly int lanes = form == FormulaForm.Elements ? 1 : 4;
    private readonly Dictionary<int, LocalBuilder[]> values = [];
    private LocalBuilder index = null!, repeated = null!;

    private int Operands => program.Inputs.Count + program.Outputs.Count;

    // The table of pieces is the first parameter.
    private int FirstView => form == FormulaForm.Pieces ? 1 : 0;

    public void Write()
    {
        Label end = il.DefineLabel();
        index = il.DeclareLocal(typeof(int));
        Begin(end);
        if (program.Inputs.Contains(MapInputKind.Repeating)) Repeat();
        foreach (MapInstruction instruction in program.Instructions)
        {
            // Inputs are read right before their first use, which keeps few of them in registers.
            foreach (int operand in Operands(instruction)) Read(operand);
            Compute(instruction);
        }
        foreach (int output in program.Outputs) Read(output);
        for (int i = 0; i < program.Outputs.Count; i++) Store(program.Inputs.Count + i, values[program.Outputs[i]]);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ret);

        static IEnumerable<int> Operands(MapInstruction instruction) =>
            new[] { instruction.A, instruction.B, instruction.C }.Where(operand => operand >= 0);
    }

    // Threads past the end return.
    private void Begin(Label end)
    {
        Call(form == FormulaForm.Pieces ? nameof(FormulaMemory.ThreadIndex) : nameof(FormulaMemory.GlobalIndex));
        il.Emit(OpCodes.Stloc, index);
        il.Emit(OpCodes.Ldloc, index);
        if (form == FormulaForm.Pieces) Row(0);
        else il.Emit(OpCodes.Ldarg, (short)Operands);
        il.Emit(OpCodes.Bge, end);
    }

    private void Repeat()
    {
        repeated = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Ldloc, index);
        il.Emit(OpCodes.Ldarg, (short)(Operands + 1));
        il.Emit(OpCodes.Rem);
        il.Emit(OpCodes.Stloc, repeated);
    }

    private void Read(int value)
    {
        if (values.ContainsKey(value)) return;
        int constant = value - program.Inputs.Count;
        if (constant < 0)
        {
            values[value] = Load(value, program.Inputs[value]);
            return;
        }
        LocalBuilder local = il.DeclareLocal(typeof(float));
        il.Emit(OpCodes.Ldc_R4, program.Constants[constant]);
        il.Emit(OpCodes.Stloc, local);
        values[value] = [.. Enumerable.Repeat(local, lanes)];
    }

    private LocalBuilder[] Load(int operand, MapInputKind kind)
    {
        View(operand);
        if (kind == MapInputKind.Scalar || lanes == 1)
        {
            if (kind == MapInputKind.Scalar) il.Emit(OpCodes.Ldc_I4_0);
            else il.Emit(OpCodes.Ldloc, kind == MapInputKind.Repeating ? repeated : index);
            Call(nameof(FormulaMemory.Load));
            LocalBuilder local = il.DeclareLocal(typeof(float));
            il.Emit(OpCodes.Stloc, local);
            return [.. Enumerable.Repeat(local, lanes)];
        }
        il.Emit(OpCodes.Ldloc, kind == MapInputKind.Repeating ? repeated : index);
        Call(nameof(FormulaMemory.LoadFour));
        LocalBuilder four = il.DeclareLocal(typeof(Float4));
        il.Emit(OpCodes.Stloc, four);
        return [Field(four, nameof(Float4.X)), Field(four, nameof(Float4.Y)), Field(four, nameof(Float4.Z)), Field(four, nameof(Float4.W))];
    }

    private LocalBuilder Field(LocalBuilder four, string name)
    {
        LocalBuilder local = il.DeclareLocal(typeof(float));
        il.Emit(OpCodes.Ldloc, four);
        il.Emit(OpCodes.Ldfld, typeof(Float4).GetField(name)!);
        il.Emit(OpCodes.Stloc, local);
        return local;
    }

    private void Compute(MapInstruction instruction)
    {
        var results = new LocalBuilder[lanes];
        for (int lane = 0; lane < lanes; lane++)
        {
            if (!Fused(instruction, lane))
            {
                foreach (int operand in new[] { instruction.A, instruction.B, instruction.C })
                {
                    if (operand >= 0) il.Emit(OpCodes.Ldloc, values[operand][lane]);
                }
                if (instruction.Opcode is MapOpcode.Add) il.Emit(OpCodes.Add);
                else if (instruction.Opcode is MapOpcode.Subtract) il.Emit(OpCodes.Sub);
                else if (instruction.Opcode is MapOpcode.Multiply) il.Emit(OpCodes.Mul);
                else if (instruction.Opcode is MapOpcode.Divide) il.Emit(OpCodes.Div);
                else if (instruction.Opcode is MapOpcode.Negate) il.Emit(OpCodes.Neg);
                else il.Emit(OpCodes.Call, FormulaOperations.Of(instruction.Opcode));
            }
            results[lane] = il.DeclareLocal(typeof(float));
            il.Emit(OpCodes.Stloc, results[lane]);
        }
        values[instruction.Result] = results;
    }

    // A sum or product with a constant as a fused product of the same value: of nested ones ILGPU combines the constants, and it takes
    // x + 0 for x and 0 − x for −x, so that the last bit or the sign of zero would differ from the processor's.
    private bool Fused(MapInstruction instruction, int lane)
    {
        (float? a, float? b) = (Constant(instruction.A), Constant(instruction.B));
        if (a is null == b is null) return false;
        float constant = a ?? b!.Value;
        (float Factor, float Term)? fused = instruction.Opcode switch
        {
            MapOpcode.Add => (1f, constant),
            MapOpcode.Subtract when b is not null => (1f, -constant),
            MapOpcode.Subtract => (-1f, constant),
            MapOpcode.Multiply => (constant, -0f),
            _ => null,
        };
        if (fused is not { } product) return false;
        il.Emit(OpCodes.Ldloc, values[a is null ? instruction.A : instruction.B][lane]);
        il.Emit(OpCodes.Ldc_R4, product.Factor);
        il.Emit(OpCodes.Ldc_R4, product.Term);
        il.Emit(OpCodes.Call, typeof(KernelMath).GetMethod(nameof(KernelMath.FusedMultiplyAdd))!);
        return true;
    }

    private float? Constant(int operand)
    {
        int index = operand - program.Inputs.Count;
        return index >= 0 && index < program.Constants.Count ? program.Constants[index] : null;
    }

    private void Store(int operand, LocalBuilder[] value)
    {
        View(operand);
        il.Emit(OpCodes.Ldloc, index);
        foreach (LocalBuilder lane in value) il.Emit(OpCodes.Ldloc, lane);
        Call(lanes == 1 ? nameof(FormulaMemory.Store) : nameof(FormulaMemory.StoreFour));
    }

    private void View(int operand)
    {
        il.Emit(OpCodes.Ldarg, (short)(FirstView + operand));
        if (form != FormulaForm.Pieces) return;
        Row(1 + operand);
        Call(nameof(FormulaMemory.From));
    }

    private void Row(int column)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, FormulaKernels.TableStride(Operands));
        il.Emit(OpCodes.Ldc_I4, column);
        Call(nameof(FormulaMemory.Row));
    }

    private void Call(string name) => il.Emit(OpCodes.Call, typeof(FormulaMemory).GetMethod(name)!);
}
