using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Fovea.Ops;

namespace Fovea.Cpu.Elementwise;

/// <summary>
/// Runs a <see cref="MapProgram"/> over arrays, a tile at a time: each instruction is one vector loop, and whatever lies between
/// instructions stays in the first-level cache. An instance serves one caller at a time.
/// </summary>
internal sealed unsafe class MapKernel
{
    /// <summary>Elements of a tile, at most.</summary>
    private const int TileElements = 1024;

    /// <summary>Elements of a task, about.</summary>
    private const int TaskElements = 16 * 1024;

    private readonly MapProgram program;
    private readonly MapInstruction[] instructions;
    private readonly long count, period;
    private readonly int tile, tasks;
    private readonly int inputs, registers, slots;
    private readonly int[] slotOf;
    private readonly WorkerPool pool;
    private readonly Action<int, int> runTask;
    private readonly float*[] inputPointers, outputPointers;
    private readonly int[] outputOf;
    private float* workspace;

    /// <summary>Prepares a program for arrays of one size.</summary>
    /// <param name="program">What to compute.</param>
    /// <param name="count">How many elements.</param>
    /// <param name="period">The length of repeating inputs; it divides <paramref name="count"/>. 1 if there are none.</param>
    /// <param name="pool">The threads to use.</param>
    public MapKernel(MapProgram program, long count, long period, WorkerPool pool)
    {
        (this.program, this.count, this.period, this.pool) = (program, count, period, pool);
        instructions = [.. program.Instructions];
        inputs = program.Inputs.Count;
        registers = inputs + program.Constants.Count + instructions.Length;
        // A tile holds whole periods, or lies within one; either way a repeating input is contiguous in it.
        tile = period <= TileElements ? (int)(TileElements / period * period) : TileElements;
        tasks = (int)Math.Clamp(count / TaskElements, 1, 16 * pool.ThreadCount);
        inputPointers = new float*[inputs];
        outputPointers = new float*[program.Outputs.Count];

        // With one output, its instruction writes to memory at once. With several, an output may replace an input that a later
        // instruction reads (a parameter that is updated): all are kept until the tile is done.
        outputOf = new int[registers];
        Array.Fill(outputOf, -1);
        if (program.Outputs.Count == 1 && instructions.Length > 0 && program.Outputs[0] == instructions[^1].Result)
            outputOf[program.Outputs[0]] = 0;

        slotOf = new int[registers];
        Array.Fill(slotOf, -1);
        for (int register = 0; register < registers; register++)
        {
            bool direct = (register < inputs && program.Inputs[register] == MapInputKind.Full) || outputOf[register] >= 0;
            if (!direct) slotOf[register] = slots++;
        }
        runTask = RunTask;
    }

    /// <summary>The scratch memory that one run needs, in bytes.</summary>
    public long WorkspaceBytes => sizeof(float) * (long)pool.ThreadCount * slots * TileElements;

    /// <summary>Sets where an input lies.</summary>
    public void SetInput(int index, float* data) => inputPointers[index] = data;

    /// <summary>Sets where an output goes; it may be the place of an input of the same size.</summary>
    public void SetOutput(int index, float* data) => outputPointers[index] = data;

    /// <summary>Runs the program.</summary>
    /// <param name="scratch">At least <see cref="WorkspaceBytes"/> bytes.</param>
    public void Run(float* scratch)
    {
        workspace = scratch;
        pool.For(tasks, runTask);
    }

    private void RunTask(int task, int worker)
    {
        float* scratch = workspace + ((nint)worker * slots * TileElements);
        // Tiles begin at multiples of their size, which are multiples of a short period, whatever the number of tasks.
        long tiles = (count + tile - 1) / tile;
        long start = tiles * task / tasks * tile, end = Math.Min(count, tiles * (task + 1) / tasks * tile);
        if (start >= end) return;
        FillConstants(scratch);
        while (start < end)
        {
            int length = (int)Math.Min(tile - (start % tile), end - start);
            if (period > TileElements) length = (int)Math.Min(length, period - (start % period));
            RunTile(scratch, start, length);
            start += length;
        }
    }

    private void FillConstants(float* scratch)
    {
        for (int i = 0; i < inputs; i++)
        {
            if (slotOf[i] < 0) continue;
            var slot = new Span<float>(scratch + (slotOf[i] * TileElements), TileElements);
            if (program.Inputs[i] == MapInputKind.Scalar) slot.Fill(*inputPointers[i]);
            else if (period <= TileElements)
            {
                var repeated = new ReadOnlySpan<float>(inputPointers[i], (int)period);
                for (int at = 0; at < tile; at += repeated.Length) repeated.CopyTo(slot[at..]);
            }
        }
        for (int i = 0; i < program.Constants.Count; i++)
            new Span<float>(scratch + (slotOf[inputs + i] * TileElements), TileElements).Fill(program.Constants[i]);
    }

    private void RunTile(float* scratch, long start, int length)
    {
        foreach (ref readonly MapInstruction instruction in instructions.AsSpan())
        {
            var result = new Span<float>(Address(instruction.Result, scratch, start), length);
            var a = new ReadOnlySpan<float>(Address(instruction.A, scratch, start), length);
            switch (instruction.Opcode)
            {
                case MapOpcode.Add: TensorPrimitives.Add(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Subtract: TensorPrimitives.Subtract(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Multiply: TensorPrimitives.Multiply(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Divide: TensorPrimitives.Divide(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Max: TensorPrimitives.Max(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Min: TensorPrimitives.Min(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Power: VectorFunctions.Apply<Power>(a, Operand(instruction.B, scratch, start, length), result); break;
                case MapOpcode.Negate: TensorPrimitives.Negate(a, result); break;
                case MapOpcode.Abs: TensorPrimitives.Abs(a, result); break;
                case MapOpcode.Sign: VectorFunctions.Apply<SignOf>(a, result); break;
                case MapOpcode.Sqrt: TensorPrimitives.Sqrt(a, result); break;
                case MapOpcode.Exp: VectorFunctions.Apply<Exponential>(a, result); break;
                case MapOpcode.Log: VectorFunctions.Apply<NaturalLogarithm>(a, result); break;
                case MapOpcode.Tanh: VectorFunctions.Apply<HyperbolicTangent>(a, result); break;
                case MapOpcode.Sigmoid: VectorFunctions.Apply<Logistic>(a, result); break;
                case MapOpcode.Log1p: VectorFunctions.Apply<LogarithmOfOnePlus>(a, result); break;
                case MapOpcode.Erf: VectorFunctions.Apply<ErrorFunction>(a, result); break;
                case MapOpcode.Expm1: VectorFunctions.Apply<ExponentialLessOne>(a, result); break;
                case MapOpcode.SelectPositive:
                    SelectPositive(
                        a, Operand(instruction.B, scratch, start, length), Operand(instruction.C, scratch, start, length), result);
                    break;
                default: throw new InvalidOperationException($"No CPU loop for {instruction.Opcode}.");
            }
        }

        for (int i = 0; i < outputPointers.Length; i++)
        {
            int register = program.Outputs[i];
            if (outputOf[register] < 0)
                Operand(register, scratch, start, length).CopyTo(new Span<float>(outputPointers[i] + start, length));
        }
    }

    private ReadOnlySpan<float> Operand(int register, float* scratch, long start, int length) =>
        new(Address(register, scratch, start), length);

    private float* Address(int register, float* scratch, long start)
    {
        if (outputOf[register] >= 0) return outputPointers[outputOf[register]] + start;
        if (slotOf[register] < 0) return inputPointers[register] + start;
        bool longPeriod = register < inputs && program.Inputs[register] == MapInputKind.Repeating && period > TileElements;
        return longPeriod ? inputPointers[register] + (start % period) : scratch + (slotOf[register] * TileElements);
    }

    private static void SelectPositive(
        ReadOnlySpan<float> condition, ReadOnlySpan<float> positive, ReadOnlySpan<float> other, Span<float> result)
    {
        int i = 0;
        for (; i + Vector256<float>.Count <= result.Length; i += Vector256<float>.Count)
        {
            Vector256<float> mask = Vector256.GreaterThan(Vector256.Create(condition.Slice(i)), Vector256<float>.Zero);
            Vector256.ConditionalSelect(mask, Vector256.Create(positive.Slice(i)), Vector256.Create(other.Slice(i)))
                .CopyTo(result.Slice(i));
        }
        for (; i < result.Length; i++) result[i] = condition[i] > 0 ? positive[i] : other[i];
    }
}
