using System.Text;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.OpenCl;

/// <summary>
/// Writes a function as OpenCL C 1.2: blocks become labels, branches gotos, and phis assignments at the end of the blocks they come
/// from. What is used once, in its own block, is written where it is used.
/// </summary>
internal sealed class OpenClEmitter
{
    private const int DeepestExpression = 5;

    private readonly Function function;
    private readonly StringBuilder text = new();
    private readonly List<string?> lines = [];
    private readonly Dictionary<Value, int> uses = [];
    private readonly Dictionary<Value, string> names = [];
    private readonly Dictionary<Instruction, int> depths = [];
    private readonly HashSet<Instruction> inlined = [];

    private OpenClEmitter(Function function) => this.function = function;

    public static CompiledKernel Emit(Function function)
    {
        function.Renumber();
        return new OpenClEmitter(function).Run();
    }

    private CompiledKernel Run()
    {
        FindInlined();
        string entry = EntryPoint(function.Source);
        Line("#pragma OPENCL FP_CONTRACT OFF");
        if (function.Instructions.Any(instruction => instruction.Type.Scalar == ScalarType.Float64)) Line("#pragma OPENCL EXTENSION cl_khr_fp64 : enable");
        foreach (IrType type in function.Instructions.Where(i => i.Opcode is Opcode.Min or Opcode.Max && i.Type.IsFloat).Select(i => i.Type).Distinct()) MinAndMax(type);
        Dim3 group = function.Source.GroupSize;
        Line($"__kernel __attribute__((reqd_work_group_size({group.X}, {group.Y}, {group.Z})))");
        Line($"void {entry}({Signature(out List<KernelParameter> parameters)})");
        Line("{");
        foreach (MemoryArray array in function.Arrays.Where(array => array.Bytes > 0))
        {
            Line($"    {OpenClExpressions.Space(array.Space)} uchar {array.Name}[{array.Bytes}] __attribute__((aligned(16)));");
        }
        Declare();
        for (int i = 0; i < function.Blocks.Count; i++) Write(function.Blocks[i], i + 1 < function.Blocks.Count ? function.Blocks[i + 1] : null);
        Line("}");
        int shared = function.Arrays.Where(array => array.Space == AddressSpace.Shared).Sum(array => (array.Bytes + 15) / 16 * 16);
        return new CompiledKernel(entry, text.ToString(), group, shared, parameters, lines);
    }

    internal static string EntryPoint(KernelSource source) => new([.. source.Name.Replace('.', '_').Where(c => char.IsAsciiLetterOrDigit(c) || c == '_').Take(64)]);

    private string Signature(out List<KernelParameter> parameters)
    {
        parameters = [];
        var declarations = new List<string>();
        foreach (Parameter parameter in function.Parameters)
        {
            string name = names[parameter] = $"{parameter.Name}_";
            if (parameter.Kind == KernelParameterKind.Pointer)
            {
                declarations.Add($"__global uchar* {(parameter.NoAlias ? "restrict " : "")}{name}base");
                declarations.Add($"ulong {name}offset");
                parameters.Add(new KernelParameter(KernelParameterKind.Buffer, parameter.Argument, 0, ScalarType.UInt8));
                parameters.Add(new KernelParameter(KernelParameterKind.Offset, parameter.Argument, 0, ScalarType.Int64));
                continue;
            }
            // A truth value cannot be a kernel's argument; smaller integers arrive as they lie in the struct.
            string type = parameter.Scalar.Bytes() < 4 ? OpenClExpressions.MemoryName(parameter.Scalar) : OpenClExpressions.TypeName(parameter.Type);
            declarations.Add($"{type} {name}");
            if (parameter.Scalar == ScalarType.Bool) names[parameter] = $"({name} != 0)";
            else if (parameter.Scalar.Bytes() < 4) names[parameter] = $"(uint)(int){name}";
            parameters.Add(new KernelParameter(parameter.Kind, parameter.Argument, parameter.ByteOffset, parameter.Scalar));
        }
        return string.Join(", ", declarations);
    }

    private void Declare()
    {
        foreach (Parameter parameter in function.Parameters.Where(parameter => parameter.Kind == KernelParameterKind.Pointer))
        {
            Line($"    __global uchar* {names[parameter]} = {names[parameter]}base + {names[parameter]}offset;");
        }
        // A goto must not jump past a declaration, so all come first.
        foreach (IGrouping<string, Instruction> group in function.Instructions.Where(i => i.Type.Width > 0 && !inlined.Contains(i) && uses.ContainsKey(i)).GroupBy(i => OpenClExpressions.TypeName(i.Type)))
        {
            foreach (Instruction[] some in group.Chunk(12))
            {
                foreach (Instruction instruction in some) names[instruction] = Prefix(instruction.Type) + instruction.Number;
                bool pointer = some[0].Type.IsPointer;
                Line($"    {(pointer ? group.Key[..^1] : group.Key)} {string.Join(", ", some.Select(i => pointer ? "*" + names[i] : names[i]))};");
            }
        }
    }

    private static string Prefix(IrType type) => type.IsPointer ? "p" : type.Width > 1 ? "v" : type.Scalar switch
    {
        ScalarType.Bool => "b",
        ScalarType.Int64 => "l",
        ScalarType.Float32 => "f",
        ScalarType.Float64 => "d",
        _ => "i",
    };

    private void FindInlined()
    {
        foreach (Block block in function.Blocks)
        {
            foreach (Value operand in block.Instructions.SelectMany(instruction => instruction.Operands)) uses[operand] = uses.GetValueOrDefault(operand) + 1;
            if (block.Condition is { } condition) uses[condition] = uses.GetValueOrDefault(condition) + 1;
        }
        inlined.UnionWith(function.Instructions.Where(instruction => instruction.Opcode is Opcode.SharedArray or Opcode.LocalArray));
        foreach (Block block in function.Blocks)
        {
            foreach (Instruction user in block.Instructions.Where(instruction => instruction.Opcode != Opcode.Phi)) Consider(user.Operands, block, user);
            if (block.Condition is { } condition) Consider([condition], block, null);
        }

        void Consider(Value[] operands, Block block, Instruction? user)
        {
            int deepest = 0;
            foreach (Value operand in operands)
            {
                if (operand is not Instruction instruction || instruction.Block != block || !instruction.Opcode.IsPure()) continue;
                if (instruction.Opcode != Opcode.Extract && (uses[instruction] > 1 || depths.GetValueOrDefault(instruction) >= DeepestExpression)) continue;
                inlined.Add(instruction);
                deepest = Math.Max(deepest, depths.GetValueOrDefault(instruction) + 1);
            }
            if (user is not null) depths[user] = deepest;
        }
    }

    private void Write(Block block, Block? next)
    {
        if (block.Predecessors.Count > 0) Line($"b{block.Number}:;");
        foreach (Instruction instruction in block.Instructions)
        {
            if (instruction.Opcode == Opcode.Phi || inlined.Contains(instruction)) continue;
            string statement = instruction.Opcode switch
            {
                Opcode.Store => OpenClExpressions.Store(instruction, Operands(instruction)),
                Opcode.Barrier => "barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);",
                _ when !uses.ContainsKey(instruction) => $"{Define(instruction)};",
                _ => $"{names[instruction]} = {Strip(Define(instruction))};",
            };
            Line("    " + statement, instruction.Location);
        }
        switch (block.Targets)
        {
            case []:
                Line("    return;", block.Location);
                break;
            case [var only]:
                CopyPhis(block, only);
                if (only != next) Line($"    goto b{only.Number};", block.Location);
                break;
            case [var yes, var no]:
                string condition = Strip(Use(block.Condition!));
                if (yes == next) Line($"    if (!({condition})) goto b{no.Number};", block.Location);
                else
                {
                    Line($"    if ({condition}) goto b{yes.Number};", block.Location);
                    if (no != next) Line($"    goto b{no.Number};", block.Location);
                }
                break;
            default: break;
        }
    }

    private void CopyPhis(Block from, Block to)
    {
        PhiCopies phis = PhiCopies.Of(from, to, uses.ContainsKey);
        if (phis.Saved.Count > 0) Line("    {");
        foreach (Value value in phis.Saved) Line($"    {OpenClExpressions.TypeName(value.Type)} old_{names[value]} = {names[value]};");
        foreach ((Instruction phi, Value value) in phis.Copies) Line($"    {names[phi]} = {(phis.Saved.Contains(value) ? $"old_{names[value]}" : Strip(Use(value)))};", from.Location);
        if (phis.Saved.Count > 0) Line("    }");
    }

    private string[] Operands(Instruction instruction) => [.. instruction.Operands.Select(Use)];

    /// <summary>How a value reads where it is used.</summary>
    private string Use(Value value) => value switch
    {
        Constant constant => OpenClExpressions.Literal(constant),
        Instruction { Opcode: Opcode.SharedArray or Opcode.LocalArray } array => function.Arrays[array.Index].Name,
        Instruction instruction when inlined.Contains(instruction) => Define(instruction),
        _ => names[value],
    };

    private string Define(Instruction instruction) => OpenClExpressions.Of(instruction, Operands(instruction));

    private void MinAndMax(IrType type)
    {
        string name = OpenClExpressions.TypeName(type), bits = type == IrType.F32 ? "uint" : "ulong";
        // A NaN wins, and of two zeros the one whose sign says so.
        Line($"{name} fovea_min_{name}({name} a, {name} b) {{ return a < b || a != a ? a : a == b ? as_{name}(as_{bits}(a) | as_{bits}(b)) : b; }}");
        Line($"{name} fovea_max_{name}({name} a, {name} b) {{ return a > b || a != a ? a : a == b ? as_{name}(as_{bits}(a) & as_{bits}(b)) : b; }}");
    }

    private static string Strip(string expression)
    {
        if (expression is not ['(', .., ')']) return expression;
        int depth = 0;
        for (int i = 0; i < expression.Length - 1; i++)
        {
            depth += expression[i] == '(' ? 1 : expression[i] == ')' ? -1 : 0;
            if (depth == 0) return expression;
        }
        return expression[1..^1];
    }

    private void Line(string line, SourceLocation? location = null)
    {
        text.Append(line).Append('\n');
        lines.Add(location?.Short);
    }
}
