using Fovea.Kernels.Simd.Elementwise;

namespace Fovea.Kernels.Simt.Elementwise;

/// <summary>
/// Turns a <see cref="MapProgram"/> into code that is a type. The number of types is that of the program's instructions; they are put
/// together as a balanced tree, so that none is nested deeply. What is read comes right before its first use, what is written at the
/// end, after everything has been read; a register whose value is not needed any longer is used again.
/// </summary>
public static class MapAssembler
{
    /// <summary>Assembles a program: its inputs are the first slots, its outputs the next.</summary>
    /// <returns>A boxed <see cref="IMapCode"/>.</returns>
    /// <exception cref="NotSupportedException">It has too many operands, or holds too many values at once.</exception>
    public static object Assemble(MapProgram program)
    {
        int slots = program.Inputs.Count + program.Outputs.Count;
        if (slots > MapSlots.Count) throw new NotSupportedException($"A formula of {program.Inputs.Count} inputs and {program.Outputs.Count} results is too large for a kernel: together they may be {MapSlots.Count}.");
        int[] lastUse = LastUses(program);
        var code = new List<object>();
        var registers = new Dictionary<int, int>();
        var free = new Stack<int>(Enumerable.Range(0, MapKernels.Registers).Reverse());
        for (int i = 0; i < program.Instructions.Count; i++)
        {
            MapInstruction instruction = program.Instructions[i];
            int[] operands = [.. Operands(instruction).Select(Use)];
            foreach (int operand in Operands(instruction).Distinct()) Release(operand, i);
            int result = Take(instruction.Result);
            code.Add(instruction.Opcode == MapOpcode.SelectPositive
                ? new SelectPositive(result, operands[0], operands[1], operands[2])
                : Create((operands.Length == 1 ? typeof(Unary<>) : typeof(Binary<>)).MakeGenericType(MapOperators.Of(instruction.Opcode)), [result, .. operands]));
            Release(instruction.Result, i);
        }
        int[] outputs = [.. program.Outputs.Select(Use)];
        for (int i = 0; i < outputs.Length; i++)
            code.Add(Create(typeof(Store<>).MakeGenericType(MapSlots.All[program.Inputs.Count + i]), [outputs[i]]));
        return Join(code, 0, code.Count);

        // The register that holds a value, which is read or set first if it is an input or a constant.
        int Use(int value)
        {
            if (registers.TryGetValue(value, out int known)) return known;
            int register = Take(value), constant = value - program.Inputs.Count;
            code.Add(constant >= 0
                ? new SetConstant(register, program.Constants[constant])
                : Create(typeof(Load<,>).MakeGenericType(MapSlots.All[value], Spread(program.Inputs[value])), [register]));
            return register;
        }

        int Take(int value) => free.TryPop(out int register)
            ? registers[value] = register
            : throw new NotSupportedException($"A formula that holds more than {MapKernels.Registers} values at once is too large for a kernel.");

        void Release(int value, int instruction)
        {
            if (lastUse[value] > instruction) return;
            free.Push(registers[value]);
            registers.Remove(value);
        }
    }

    private static int[] LastUses(MapProgram program)
    {
        int[] lastUse = new int[program.Inputs.Count + program.Constants.Count + program.Instructions.Count];
        for (int i = 0; i < program.Instructions.Count; i++)
        {
            foreach (int operand in Operands(program.Instructions[i])) lastUse[operand] = i;
        }
        foreach (int output in program.Outputs) lastUse[output] = int.MaxValue;
        return lastUse;
    }

    private static IEnumerable<int> Operands(MapInstruction instruction) =>
        new[] { instruction.A, instruction.B, instruction.C }.Where(operand => operand >= 0);

    private static Type Spread(MapInputKind kind) => kind switch
    {
        MapInputKind.Full => typeof(FullSpread),
        MapInputKind.Scalar => typeof(ScalarSpread),
        _ => typeof(RepeatingSpread),
    };

    private static object Join(List<object> code, int start, int count)
    {
        if (count == 1) return code[start];
        object first = Join(code, start, count / 2), second = Join(code, start + (count / 2), count - (count / 2));
        return Create(typeof(Then<,>).MakeGenericType(first.GetType(), second.GetType()), [first, second]);
    }

    private static object Create(Type type, object[] arguments) => Activator.CreateInstance(type, arguments)!;

    private static object Create(Type type, int[] registers) => Create(type, Array.ConvertAll(registers, register => (object)register));
}
