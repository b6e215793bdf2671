namespace Fovea.Ops;

/// <summary>Turns formulas into a straight-line program in which equal parts are computed once.</summary>
internal static class MapCompiler
{
    /// <param name="formulas">The results, in order.</param>
    /// <param name="inputs">How each input is spread.</param>
    public static MapProgram Compile(IReadOnlyList<Expression> formulas, IReadOnlyList<MapInputKind> inputs)
    {
        float[] constants = [.. formulas.SelectMany(Constants).Distinct()];
        var instructions = new List<MapInstruction>();
        var registers = new Dictionary<Expression, int>();
        int[] outputs = [.. formulas.Select(Register)];
        return new MapProgram(inputs, constants, instructions, outputs);

        int Register(Expression formula)
        {
            if (formula is InputExpression input) return input.Index;
            if (formula is ConstantExpression constant) return inputs.Count + Array.IndexOf(constants, constant.Value);
            if (registers.TryGetValue(formula, out int known)) return known;
            MapInstruction instruction = formula switch
            {
                UnaryExpression u => new(u.Opcode, 0, Register(u.A)),
                BinaryExpression b => new(b.Opcode, 0, Register(b.A), Register(b.B)),
                SelectExpression s => new(MapOpcode.SelectPositive, 0, Register(s.Condition), Register(s.Positive), Register(s.Other)),
                _ => throw new InvalidOperationException($"{formula} cannot be compiled."),
            };
            int result = inputs.Count + constants.Length + instructions.Count;
            instructions.Add(instruction with { Result = result });
            return registers[formula] = result;
        }
    }

    private static IEnumerable<float> Constants(Expression formula) => formula switch
    {
        ConstantExpression constant => [constant.Value],
        UnaryExpression u => Constants(u.A),
        BinaryExpression b => Constants(b.A).Concat(Constants(b.B)),
        SelectExpression s => Constants(s.Condition).Concat(Constants(s.Positive)).Concat(Constants(s.Other)),
        _ => [],
    };
}
