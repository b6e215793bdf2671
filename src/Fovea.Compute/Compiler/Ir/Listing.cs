using System.Globalization;
using System.Text;

namespace Fovea.Compute.Compiler.Ir;

/// <summary>Prints a function, each instruction with the C# line it comes from.</summary>
internal static class Listing
{
    public static string Of(Function function)
    {
        function.Renumber();
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"kernel {function.Source.Name}({string.Join(", ", function.Parameters.Select(p => $"{p.Type} {p.Name}"))}) group {function.Source.GroupSize}");
        foreach (MemoryArray array in function.Arrays) text.AppendLine(CultureInfo.InvariantCulture, $"  {array.Space.ToString().ToLowerInvariant()} {array.Name}: {array.Bytes} bytes");
        foreach (Block block in function.Blocks)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{block}:");
            foreach (Instruction instruction in block.Instructions) Line(Describe(instruction), instruction.Location);
            Line(block.Targets switch
            {
                [] => "end",
                [var only] => $"goto {only}",
                _ => $"if {block.Condition} goto {block.Targets[0]} else {block.Targets[1]}",
            }, block.Location);
        }
        return text.ToString();

        void Line(string line, SourceLocation? location)
        {
            text.Append("  ").Append(line);
            if (location is not null) text.Append(' ', Math.Max(1, 60 - line.Length)).Append("; ").Append(location.Short);
            text.AppendLine();
        }
    }

    private static string Describe(Instruction i)
    {
        string name = i.Opcode switch
        {
            Opcode.Launch => ((LaunchValue)i.Index).ToString(),
            _ => i.Opcode.ToString(),
        };
        string operands = i.Opcode == Opcode.Phi
            ? string.Join(", ", i.Operands.Select((operand, k) => $"{i.Sources[k]}: {operand}"))
            : string.Join(", ", i.Operands.Select(operand => operand.ToString()));
        string detail = i.Opcode switch
        {
            Opcode.Load or Opcode.Store => $" {new IrType(i.Element, Width: i.Width)}{(i.Offset != 0 ? $" at +{i.Offset}" : "")}",
            Opcode.Address => $" ×{i.Scale}",
            Opcode.Extract or Opcode.SharedArray or Opcode.LocalArray => $" #{i.Index}",
            _ => i.Opcode.IsAtomic() ? $" {new IrType(i.Element)}{(i.Offset != 0 ? $" at +{i.Offset}" : "")}" : "",
        };
        string result = i.Type.Width == 0 ? "" : $"{i} = ";
        string type = i.Type.Width == 0 || i.Opcode is Opcode.Load ? "" : $" {i.Type}";
        return $"{result}{name}{type}{detail}{(operands.Length > 0 ? " " : "")}{operands}";
    }
}
