using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Fovea.Ptx.PureOps;

namespace Fovea.Ptx;

internal sealed partial class BlockExecutor
{
    /// <summary>Where the current thread is; kept up wherever a fault may arise.</summary>
    private int counter;
    private int remaining;

    /// <summary>Runs the current thread until it waits, leaves, or has had its turn.</summary>
    private void RunThread()
    {
        counter = counters[thread];
        remaining = 0;
        try
        {
            states[thread] = Interpret();
        }
        catch (PtxException e) when (e.Kernel is null)
        {
            counters[thread] = counter;
            throw Fault(thread, e.Error, e.What);
        }
        counters[thread] = counter;
        spent[thread] += Slice - remaining;
        Executed += Slice - remaining;
        if (spent[thread] > options.InstructionBudget)
            throw Fault(thread, PtxError.Budget, $"the thread has executed {spent[thread]} instructions and does not end");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private State Interpret()
    {
        int pc = counter, left = Slice;
        ref Op ops = ref MemoryMarshal.GetArrayDataReference(code.Ops);
        ref ulong r = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(registers), thread * slots);
        while (--left >= 0)
        {
            ref Op op = ref Unsafe.Add(ref ops, pc);
            counter = pc;
            if ((op.Flags & OpFlags.Prologue) != 0 && !Prologue(op, pc, ref r))
            {
                pc++;
                continue;
            }
            switch (op.Code)
            {
                case OpCode.Pure:
                    Unsafe.Add(ref r, op.D) = op.Compute!(Unsafe.Add(ref r, op.A), Unsafe.Add(ref r, op.B), Unsafe.Add(ref r, op.C));
                    break;
                case OpCode.Move:
                    Unsafe.Add(ref r, op.D) = Unsafe.Add(ref r, op.A);
                    break;
                case OpCode.AddInt:
                    Unsafe.Add(ref r, op.D) = (uint)(Unsafe.Add(ref r, op.A) + Unsafe.Add(ref r, op.B));
                    break;
                case OpCode.MulInt:
                    Unsafe.Add(ref r, op.D) = (uint)Unsafe.Add(ref r, op.A) * (uint)Unsafe.Add(ref r, op.B);
                    break;
                case OpCode.MadInt:
                    Unsafe.Add(ref r, op.D) =
                        (uint)((uint)Unsafe.Add(ref r, op.A) * (uint)Unsafe.Add(ref r, op.B) + Unsafe.Add(ref r, op.C));
                    break;
                case OpCode.AddLong:
                    Unsafe.Add(ref r, op.D) = Unsafe.Add(ref r, op.A) + Unsafe.Add(ref r, op.B);
                    break;
                case OpCode.MulWide:
                    Unsafe.Add(ref r, op.D) = (ulong)(uint)Unsafe.Add(ref r, op.A) * (uint)Unsafe.Add(ref r, op.B);
                    break;
                case OpCode.AddFloat:
                    SetFloat(ref Unsafe.Add(ref r, op.D), Float(Unsafe.Add(ref r, op.A)) + Float(Unsafe.Add(ref r, op.B)));
                    break;
                case OpCode.MulFloat:
                    SetFloat(ref Unsafe.Add(ref r, op.D), Float(Unsafe.Add(ref r, op.A)) * Float(Unsafe.Add(ref r, op.B)));
                    break;
                case OpCode.FmaFloat:
                    SetFloat(ref Unsafe.Add(ref r, op.D),
                        MathF.FusedMultiplyAdd(Float(Unsafe.Add(ref r, op.A)), Float(Unsafe.Add(ref r, op.B)),
                            Float(Unsafe.Add(ref r, op.C))));
                    break;
                case OpCode.Branch:
                    pc = op.Target;
                    continue;
                case OpCode.BranchIf:
                    pc = Unsafe.Add(ref r, op.A) != 0 ? op.Target : pc + 1;
                    continue;
                case OpCode.BranchUnless:
                    pc = Unsafe.Add(ref r, op.A) == 0 ? op.Target : pc + 1;
                    continue;
                case OpCode.LoadGlobal:
                    LoadGlobal(op, pc, Address(op, ref r), ref r);
                    break;
                case OpCode.LoadShared:
                    LoadShared(op, Address(op, ref r), ref r);
                    break;
                case OpCode.StoreGlobal:
                    StoreGlobal(op, pc, Address(op, ref r), ref r);
                    break;
                case OpCode.StoreShared:
                    StoreShared(op, Address(op, ref r), ref r);
                    break;
                case OpCode.Barrier:
                    return Stop(State.Barrier, pc, left);
                case OpCode.Warp:
                    return Stop(State.Warp, pc, left);
                case OpCode.Exit:
                    return Stop(State.Exited, pc, left);
                default:
                    pc = Seldom(op, pc, left, ref r);
                    continue;
            }
            pc++;
        }
        return Stop(State.Ready, pc, 0);
    }

    private State Stop(State state, int pc, int left)
    {
        counter = pc;
        remaining = left;
        return state;
    }

    private static float Float(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static void SetFloat(ref ulong slot, float value) => slot = float.IsNaN(value)
        ? 0x7FFFFFFFu : BitConverter.SingleToUInt32Bits(value);

    /// <summary>Guards and checks; false if the instruction is not for this thread.</summary>
    private bool Prologue(in Op op, int pc, ref ulong r)
    {
        if ((op.Flags & OpFlags.CheckSources) != 0)
            CheckWritten(op, pc);
        if ((op.Flags & OpFlags.Guarded) != 0 && Unsafe.Add(ref r, op.Guard) == ((op.Flags & OpFlags.GuardNegated) != 0 ? 1u : 0u))
            return false;
        if ((op.Flags & OpFlags.Divides) != 0 && options.StrictDivision && Unsafe.Add(ref r, op.B) == 0)
            throw new PtxException(PtxError.DivisionByZero, $"{Unsafe.Add(ref r, op.A)} is divided by zero");
        if ((op.Flags & OpFlags.MarkResults) != 0)
            foreach (int slot in code.Writes[pc])
                written[thread * slots + slot] = true;
        return true;
    }

    private void CheckWritten(in Op op, int pc)
    {
        int[] sources = code.Reads[pc];
        bool guarded = (op.Flags & OpFlags.Guarded) != 0;
        // The guard stands last; where it says no, nothing else is read.
        if (guarded && written[thread * slots + op.Guard] && Slot(thread, op.Guard) == ((op.Flags & OpFlags.GuardNegated) != 0 ? 1u : 0u))
            return;
        foreach (int slot in sources)
            if (!written[thread * slots + slot] && code.Names[slot] is { } name)
                throw new PtxException(PtxError.UninitialisedRegister, $"register '{name}' was never written");
    }

    /// <summary>What is not worth a place in the loop; gives the instruction that follows.</summary>
    private int Seldom(in Op op, int pc, int left, ref ulong r)
    {
        switch (op.Code)
        {
            case OpCode.LoadLocal:
                LoadLocal(op, Address(op, ref r), ref r);
                break;
            case OpCode.StoreLocal:
                StoreLocal(op, Address(op, ref r), ref r);
                break;
            case OpCode.LoadGeneric:
            case OpCode.StoreGeneric:
            case OpCode.AtomicGeneric:
                Generic(op, pc, ref r);
                break;
            case OpCode.LoadVariable:
                Load(op, ref r, ref Variable(op, ref r));
                break;
            case OpCode.StoreVariable:
                Store(op, ref r, ref Variable(op, ref r));
                break;
            case OpCode.BranchTable:
                ulong index = Unsafe.Add(ref r, op.A);
                return index < (ulong)op.Slots!.Length ? op.Slots[index]
                    : throw new PtxException(PtxError.OutOfBounds, $"target {index} of a list of {op.Slots.Length}");
            case OpCode.Call:
                return Call(code.Calls[op.A], pc, ref r);
            case OpCode.Return:
                return Return(ref r);
            case OpCode.CopyAsync:
                CopyAsync(op, ref r);
                break;
            case OpCode.CloseCopies:
                copyGroups[thread]++;
                break;
            case OpCode.AwaitCopies:
                AwaitCopies(op.Target);
                break;
            case OpCode.LoadParameter:
                Load(op, ref r, ref parameters[op.Value]);
                break;
            case OpCode.AtomicGlobal:
                AtomicGlobal(op, pc, Address(op, ref r), ref r);
                break;
            case OpCode.AtomicShared:
                AtomicShared(op, Address(op, ref r), ref r);
                break;
            case OpCode.Pack:
                ulong packed = 0;
                for (int i = 0; i < op.Slots!.Length; i++)
                    packed |= Unsafe.Add(ref r, op.Slots[i]) << i * op.Size * 8;
                Unsafe.Add(ref r, op.D) = packed;
                break;
            case OpCode.Unpack:
                ulong whole = Unsafe.Add(ref r, op.A);
                for (int i = 0; i < op.Slots!.Length; i++)
                    Unsafe.Add(ref r, op.Slots[i]) = whole >> i * op.Size * 8 & ulong.MaxValue >> (64 - op.Size * 8);
                break;
            case OpCode.Insert:
                Unsafe.Add(ref r, op.D) = Insert(Unsafe.Add(ref r, op.A), Unsafe.Add(ref r, op.B),
                    (int)(Unsafe.Add(ref r, op.C) & 255), (int)(Unsafe.Add(ref r, op.Slots![0]) & 255), op.Size * 8);
                break;
            case OpCode.Clock:
                Unsafe.Add(ref r, op.D) = (ulong)(spent[thread] + Slice - left) & ulong.MaxValue >> (64 - op.ResultBits);
                break;
            case OpCode.Nothing:
                break;
            case OpCode.Trap:
                throw new PtxException(PtxError.Trap, "the kernel stopped itself");
            default:
                throw new InvalidOperationException($"{op.Code} is not executed here.");
        }
        return pc + 1;
    }

    private static ref byte Variable(in Op op, ref ulong r) =>
        ref Unsafe.Add(ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref r, op.A)), (int)op.Value);
}
