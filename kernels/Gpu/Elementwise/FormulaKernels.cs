using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Ops;
using ILGPU;

namespace Fovea.Gpu.Elementwise;

/// <summary>How many elements a thread of a formula's kernel computes, and where it finds them.</summary>
public enum FormulaForm
{
    /// <summary>One element a thread. Parameters: inputs, outputs, count, period.</summary>
    Elements,

    /// <summary>
    /// Four neighbouring elements a thread, moved as one; count and period are in fours. Parameters as with <see cref="Elements"/>.
    /// </summary>
    Vectors,

    /// <summary>
    /// Many tensors, four elements a thread. Parameters: a table of integers, inputs, outputs. Each group reads a row of the table: how
    /// many vectors its piece has, and at which element the piece begins in each array.
    /// </summary>
    Pieces,
}

/// <summary>
/// Kernels of elementwise formulas, written in IL: every instruction of a <see cref="MapProgram"/> becomes a few of a static method,
/// which ILGPU compiles like any other. Outputs may be the arrays of inputs: everything is read before anything is written.
/// </summary>
public static class FormulaKernels
{
    /// <summary>Elements of a piece, and so of a group, in <see cref="FormulaForm.Pieces"/>.</summary>
    public const int PieceElements = 1024;

    private static readonly ConcurrentDictionary<string, MethodInfo> Known = new();

    /// <summary>The kernel of a formula; the same method for the same formula.</summary>
    /// <param name="program">The formula.</param>
    /// <param name="form">How threads share the elements.</param>
    public static MethodInfo Of(MapProgram program, FormulaForm form)
    {
        string key = $"{form} {Describe(program)}";
        return Known.GetOrAdd(key, static (key, program) => Write(program.Program, program.Form, key), (Program: program, Form: form));
    }

    /// <summary>Integers of a row of the table of <see cref="FormulaForm.Pieces"/>.</summary>
    public static int TableStride(int operands) => 1 + operands;

    private static MethodInfo Write(MapProgram program, FormulaForm form, string key)
    {
        int operands = program.Inputs.Count + program.Outputs.Count;
        Type[] views = [.. Enumerable.Repeat(typeof(ArrayView<float>), operands)];
        Type[] parameters = form == FormulaForm.Pieces ? [typeof(ArrayView<int>), .. views] : [.. views, typeof(int), typeof(int)];
        string name = $"Formula{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8]}";
        return EntryPoints.Define(
            name, form.ToString(), parameters, [typeof(FormulaKernels).Assembly], il => new FormulaWriter(il, program, form).Write());
    }

    private static string Describe(MapProgram program)
    {
        var text = new StringBuilder();
        text.AppendJoin(' ', program.Inputs).Append(';');
        // By their bits: text does not tell −0 from 0.
        foreach (float constant in program.Constants)
            text.Append(CultureInfo.InvariantCulture, $" {BitConverter.SingleToInt32Bits(constant):x8}");
        text.Append(';');
        foreach (MapInstruction i in program.Instructions)
            text.Append(CultureInfo.InvariantCulture, $" {i.Opcode}({i.Result},{i.A},{i.B},{i.C})");
        return text.Append(';').AppendJoin(' ', program.Outputs).ToString();
    }
}
