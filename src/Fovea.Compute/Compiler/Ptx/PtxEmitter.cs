using System.Text;
using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Compiler.OpenCl;

namespace Fovea.Compute.Compiler.Ptx;

/// <summary>
/// Writes a function as PTX: one virtual register a value, phis as moves at the end of the blocks they come from. Addresses of shared
/// memory have 32 bits. Registers are the driver's business.
/// </summary>
internal sealed class PtxEmitter
{
    /// <summary>Threads that a multiprocessor should be able to hold: the driver keeps to registers that allow it.</summary>
    private const int ResidentThreads = 512;

    private readonly Function function;
    private readonly PtxTarget target;
    private readonly PtxRegisters registers = new();
    private readonly StringBuilder body = new();
    private readonly List<string?> lines = [];
    private readonly HashSet<Value> used = [];
    private readonly HashSet<Parameter> readOnly;

    private PtxEmitter(Function function, PtxTarget target)
    {
        (this.function, this.target) = (function, target);
        readOnly = ReadOnlyViews.Of(function);
        foreach (Block block in function.Blocks)
        {
            used.UnionWith(block.Instructions.SelectMany(instruction => instruction.Operands));
            if (block.Condition is { } condition) used.Add(condition);
        }
    }

    public static CompiledKernel Emit(Function function, PtxTarget target)
    {
        function.Renumber();
        return new PtxEmitter(function, target).Run();
    }

    private CompiledKernel Run()
    {
        string entry = OpenClEmitter.EntryPoint(function.Source);
        LoadParameters();
        for (int i = 0; i < function.Blocks.Count; i++) Write(function.Blocks[i], i + 1 < function.Blocks.Count ? function.Blocks[i + 1] : null);

        string[] head = Head(entry);
        string text = string.Join('\n', head) + "\n" + body + "}\n";
        int shared = function.Arrays.Where(array => array.Space == AddressSpace.Shared).Sum(array => (array.Bytes + 15) / 16 * 16);
        KernelParameter[] parameters = [.. function.Parameters.Select(parameter => new KernelParameter(parameter.Kind, parameter.Argument, parameter.ByteOffset, parameter.Scalar))];
        return new CompiledKernel(entry, text, function.Source.GroupSize, shared, parameters, [.. head.Select(_ => (string?)null), .. lines, null]);
    }

    private string[] Head(string entry)
    {
        Dim3 group = function.Source.GroupSize;
        string parameters = string.Join(",\n", function.Parameters.Select(parameter => $"    .param {ParameterType(parameter)} {ParameterName(parameter)}"));
        var head = new List<string>
        {
            $".version {target.IsaMajor}.{target.IsaMinor}",
            $".target {target.Architecture}",
            ".address_size 64",
            "",
            $".visible .entry {entry}(",
        };
        if (parameters.Length > 0) head.AddRange(parameters.Split('\n'));
        head.Add(")");
        head.Add($".reqntid {group.X}, {group.Y}, {group.Z}");
        if (group.Count is >= 64 and < ResidentThreads) head.Add($".minnctapersm {ResidentThreads / group.Count}");
        head.Add("{");
        head.AddRange(function.Arrays.Where(array => array.Bytes > 0).Select(array => $"    .{Space(array.Space)} .align 16 .b8 {array.Name}[{array.Bytes}];"));
        head.AddRange(registers.Declarations());
        return [.. head];
    }

    // A name of a parameter hides a register's, so it gets an ending that no register has.
    private static string ParameterName(Parameter parameter) => $"{parameter.Name}_param";

    private static string ParameterType(Parameter parameter) => parameter.Kind == KernelParameterKind.Pointer
        ? ".u64 .ptr .global .align 4"
        : parameter.Scalar switch { ScalarType.Float32 => ".f32", ScalarType.Float64 => ".f64", ScalarType.Int64 => ".u64", _ => ".u32" };

    private void LoadParameters()
    {
        foreach (Parameter parameter in function.Parameters)
        {
            string name = ParameterName(parameter);
            if (parameter.Kind == KernelParameterKind.Pointer)
            {
                string generic = registers.New(IrType.I64);
                Line($"ld.param.u64 {generic}, [{name}];");
                Line($"cvta.to.global.u64 {registers.Of(parameter)}, {generic};");
            }
            else if (parameter.Scalar == ScalarType.Bool)
            {
                string number = registers.New(IrType.I32);
                Line($"ld.param.u32 {number}, [{name}];");
                Line($"setp.ne.u32 {registers.Of(parameter)}, {number}, 0;");
            }
            else
            {
                Line($"ld.param{ParameterType(parameter)} {registers.Of(parameter)}, [{name}];");
            }
        }
    }

    private void Write(Block block, Block? next)
    {
        if (block.Predecessors.Count > 0) Raw($"L{block.Number}:");
        var writer = new PtxInstructions(function, target, registers, readOnly);
        foreach (Instruction instruction in block.Instructions)
        {
            if (instruction.Opcode == Opcode.Phi) continue;
            foreach (string line in writer.Of(instruction, used.Contains(instruction))) Line(line, instruction.Location);
        }
        switch (block.Targets)
        {
            case []:
                Line("ret;", block.Location);
                break;
            case [var only]:
                CopyPhis(block, only, writer);
                if (only != next) Line($"bra.uni L{only.Number};", block.Location);
                break;
            case [var yes, var no]:
                // A negation is part of the branch.
                (string predicate, bool negated) = block.Condition is Instruction { Opcode: Opcode.Not, Operands: [var inner] }
                    ? (registers.Of(inner), true) : (registers.Of(block.Condition!), false);
                if (yes == next) Line($"@{(negated ? "" : "!")}{predicate} bra L{no.Number};", block.Location);
                else
                {
                    Line($"@{(negated ? "!" : "")}{predicate} bra L{yes.Number};", block.Location);
                    if (no != next) Line($"bra.uni L{no.Number};", block.Location);
                }
                break;
            default: break;
        }
    }

    private void CopyPhis(Block from, Block to, PtxInstructions writer)
    {
        PhiCopies phis = PhiCopies.Of(from, to, used.Contains);
        Dictionary<Value, string> saved = phis.Saved.ToDictionary(value => value, value => registers.New(value.Type));
        foreach ((Value value, string name) in saved) Line($"mov{PtxRegisters.MoveSuffix(value.Type)} {name}, {registers.Of(value)};", from.Location);
        foreach ((Instruction phi, Value value) in phis.Copies)
        {
            foreach (string line in saved.TryGetValue(value, out string? name) ? [$"mov{PtxRegisters.MoveSuffix(phi.Type)} {registers.Of(phi)}, {name};"] : writer.Move(registers.Of(phi), value)) Line(line, from.Location);
        }
    }

    internal static string Space(AddressSpace space) => space switch { AddressSpace.Global => "global", AddressSpace.Shared => "shared", _ => "local" };

    private void Line(string line, SourceLocation? location = null) => Raw("    " + line, location);

    private void Raw(string line, SourceLocation? location = null)
    {
        body.Append(line).Append('\n');
        lines.Add(location?.Short);
    }
}
