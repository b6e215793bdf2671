using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Ptx;

internal sealed partial class BlockExecutor
{
    private const ulong AtomicBit = 1 << Shadow.ThreadBits;

    /// <summary>Per instruction, the buffer that it touched last.</summary>
    private readonly Allocation?[] buffers;

    // By number of the region.
    private PtxArray?[] arrays = [];
    private byte[][] arrayData = [];
    private Shadow?[] arrayShadows = [];
    private bool[]?[] localWritten = [];
    private int[] arrayLengths = [];

    private void PrepareArrays()
    {
        int count = entry.Arrays.Select(a => a.Region).DefaultIfEmpty(0).Max() + 1;
        arrays = new PtxArray?[count];
        arrayData = new byte[count][];
        arrayShadows = new Shadow?[count];
        localWritten = new bool[]?[count];
        arrayLengths = new int[count];
        foreach (PtxArray array in entry.Arrays)
        {
            int region = array.Region, length = array.Dynamic ? dynamicShared : array.Size;
            arrays[region] ??= array;
            arrayLengths[region] = length;
            arrayData[region] = new byte[array.Shared ? length : length * threads];
            arrayShadows[region] = array.Shared ? new Shadow(length) : null;
            localWritten[region] = array.Shared ? null : new bool[length * threads];
        }
    }

    private void ClearArrays()
    {
        foreach (bool[]? local in localWritten)
            if (local is not null)
                Array.Clear(local);
    }

    private Allocation Buffer(in Op op, int pc, ulong address, int bytes)
    {
        if ((address & (uint)(bytes - 1)) != 0)
            throw Misaligned(address, bytes);
        Allocation? buffer = buffers[pc];
        if (buffer is not null && address - buffer.Start <= (ulong)(buffer.Length - bytes) && bytes <= buffer.Length)
            return buffer;
        return buffers[pc] = machine.Memory.Find(address, bytes)
            ?? throw new PtxException(PtxError.OutOfBounds, $"{bytes} bytes at {machine.Memory.Describe(address)}");
    }

    private void LoadGlobal(in Op op, int pc, ulong address, ref ulong r)
    {
        int bytes = op.Size * op.Count;
        Allocation buffer = Buffer(op, pc, address, bytes);
        int offset = (int)(address - buffer.Start);
        ref byte data = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer.Data), offset);
        ShadowFault fault = (op.Flags & OpFlags.Strong) == 0
            ? buffer.Shadow.Read(offset, bytes, global) : buffer.Shadow.Read(offset, bytes, Strong(global));
        if (fault != ShadowFault.None)
            throw Touched(fault, "read", $"0x{address:x} (offset {offset} of a buffer of {buffer.Length} bytes)", ref data, op.Size);
        Load(op, ref r, ref data);
    }

    private void StoreGlobal(in Op op, int pc, ulong address, ref ulong r)
    {
        int bytes = op.Size * op.Count;
        Allocation buffer = Buffer(op, pc, address, bytes);
        int offset = (int)(address - buffer.Start);
        ref byte data = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer.Data), offset);
        ShadowFault fault = (op.Flags & OpFlags.Strong) == 0
            ? buffer.Shadow.Write(offset, bytes, global) : buffer.Shadow.Write(offset, bytes, Strong(global));
        if (fault != ShadowFault.None)
            throw Touched(fault, "written", $"0x{address:x} (offset {offset} of a buffer of {buffer.Length} bytes)", ref data, op.Size);
        Store(op, ref r, ref data);
    }

    private void LoadShared(in Op op, ulong address, ref ulong r)
    {
        int bytes = op.Size * op.Count;
        int region = Region(address, bytes, shared: true, out int offset);
        ref byte data = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(arrayData[region]), offset);
        ShadowFault fault = arrayShadows[region]!.Read(offset, bytes, (op.Flags & OpFlags.Strong) == 0 ? shared : Strong(shared));
        if (fault != ShadowFault.None)
            throw Touched(fault, "read", $"offset {offset} of shared '{arrays[region]!.Name}'", ref data, op.Size);
        Load(op, ref r, ref data);
    }

    private void StoreShared(in Op op, ulong address, ref ulong r)
    {
        int bytes = op.Size * op.Count;
        int region = Region(address, bytes, shared: true, out int offset);
        ref byte data = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(arrayData[region]), offset);
        ShadowFault fault = arrayShadows[region]!.Write(offset, bytes, (op.Flags & OpFlags.Strong) == 0 ? shared : Strong(shared));
        if (fault != ShadowFault.None)
            throw Touched(fault, "written", $"offset {offset} of shared '{arrays[region]!.Name}'", ref data, op.Size);
        Store(op, ref r, ref data);
    }

    private void LoadLocal(in Op op, ulong address, ref ulong r)
    {
        int region = Region(address, op.Size * op.Count, shared: false, out int offset);
        int start = thread * arrayLengths[region] + offset;
        if (options.CheckUninitialised && localWritten[region].AsSpan(start, op.Size * op.Count).Contains(false))
            throw new PtxException(PtxError.UninitialisedMemory,
                $"offset {offset} of local '{arrays[region]!.Name}' is read, nothing was written there");
        Load(op, ref r, ref arrayData[region][start]);
    }

    private void StoreLocal(in Op op, ulong address, ref ulong r)
    {
        int region = Region(address, op.Size * op.Count, shared: false, out int offset);
        int start = thread * arrayLengths[region] + offset;
        localWritten[region].AsSpan(start, op.Size * op.Count).Fill(true);
        Store(op, ref r, ref arrayData[region][start]);
    }

    private void AtomicGlobal(in Op op, int pc, ulong address, ref ulong r)
    {
        Allocation buffer = Buffer(op, pc, address, op.Size);
        int offset = (int)(address - buffer.Start);
        ref byte data = ref buffer.Data[offset];
        lock (machine.AtomicLock)
        {
            ShadowFault fault = buffer.Shadow.Update(offset, op.Size, Strong(global));
            if (fault != ShadowFault.None)
                throw Touched(fault, "updated", $"0x{address:x} (offset {offset} of a buffer of {buffer.Length} bytes)", ref data, op.Size);
            Update(op, ref r, ref data);
        }
    }

    private void AtomicShared(in Op op, ulong address, ref ulong r)
    {
        int region = Region(address, op.Size, shared: true, out int offset);
        ref byte data = ref arrayData[region][offset];
        ShadowFault fault = arrayShadows[region]!.Update(offset, op.Size, Strong(shared));
        if (fault != ShadowFault.None)
            throw Touched(fault, "updated", $"offset {offset} of shared '{arrays[region]!.Name}'", ref data, op.Size);
        Update(op, ref r, ref data);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Address(in Op op, ref ulong r) => Unsafe.Add(ref r, op.A) + (ulong)op.Value;

    /// <summary>An access by a generic address: its upper bits tell the space.</summary>
    private void Generic(in Op op, int pc, ref ulong r)
    {
        ulong address = Address(op, ref r), within = address & GenericAddress.Within;
        switch (address & ~GenericAddress.Within, op.Code)
        {
            case (GenericAddress.Shared, OpCode.LoadGeneric):
                LoadShared(op, within, ref r);
                break;
            case (GenericAddress.Shared, OpCode.StoreGeneric):
                StoreShared(op, within, ref r);
                break;
            case (GenericAddress.Shared, _):
                AtomicShared(op, within, ref r);
                break;
            case (GenericAddress.Local, OpCode.LoadGeneric):
                LoadLocal(op, within, ref r);
                break;
            case (GenericAddress.Local, OpCode.StoreGeneric):
                StoreLocal(op, within, ref r);
                break;
            case (GenericAddress.Local, _):
                throw new PtxException(PtxError.OutOfBounds, "an atomic operation on local memory");
            case (_, OpCode.LoadGeneric):
                LoadGlobal(op, pc, address, ref r);
                break;
            case (_, OpCode.StoreGeneric):
                StoreGlobal(op, pc, address, ref r);
                break;
            default:
                AtomicGlobal(op, pc, address, ref r);
                break;
        }
    }

    /// <summary>Which array an address of shared or local memory means, and where in it.</summary>
    private int Region(ulong address, int bytes, bool shared, out int offset)
    {
        if (address >> 32 == 1)
            address = (uint)address;
        ulong region = address >> PtxArray.RegionBits;
        if ((address & (uint)(bytes - 1)) != 0)
            throw Misaligned(address, bytes);
        if (region < (ulong)arrays.Length && arrays[region] is { } array && array.Shared == shared)
        {
            long at = (long)address - array.Address;
            offset = (int)at;
            if (at >= 0 && at + bytes <= arrayLengths[region])
                return (int)region;
        }
        PtxArray? nearest = arrays.Where(a => a is not null && a.Shared == shared).MinBy(a => Math.Abs((long)address - a!.Address));
        throw new PtxException(PtxError.OutOfBounds, nearest is null ? $"{bytes} bytes at 0x{address:x}: there is no array in this memory"
            : $"{bytes} bytes at offset {(long)address - nearest.Address} of '{nearest.Name}' of {arrayLengths[nearest.Region]} bytes");
    }

    private static Actor Strong(Actor actor)
    {
        actor.Tag |= AtomicBit;
        return actor;
    }

    private static void Load(in Op op, ref ulong r, ref byte data)
    {
        if (op.Count == 1 && op.Size == 4 && (op.Flags & OpFlags.Signed) == 0)
        {
            Unsafe.Add(ref r, op.D) = Unsafe.ReadUnaligned<uint>(ref data);
            return;
        }
        for (int i = 0; i < op.Count; i++, data = ref Unsafe.Add(ref data, op.Size))
        {
            ulong value = Peek(ref data, op.Size);
            if ((op.Flags & OpFlags.Signed) != 0)
            {
                int shift = 64 - op.Size * 8, mask = 64 - op.ResultBits;
                value = (ulong)((long)(value << shift) >> shift) << mask >> mask;
            }
            Unsafe.Add(ref r, op.Slots![i]) = value;
        }
    }

    private static void Store(in Op op, ref ulong r, ref byte data)
    {
        for (int i = 0; i < op.Count; i++, data = ref Unsafe.Add(ref data, op.Size))
            Poke(ref data, op.Size, Unsafe.Add(ref r, op.Slots![i]));
    }

    private static void Update(in Op op, ref ulong r, ref byte data)
    {
        ulong old = Peek(ref data, op.Size);
        Poke(ref data, op.Size, op.Compute!(old, Unsafe.Add(ref r, op.B), Unsafe.Add(ref r, op.C)));
        if (op.D >= 0)
            Unsafe.Add(ref r, op.D) = old;
    }

    private static ulong Peek(ref byte data, int size) => size switch
    {
        1 => data,
        2 => Unsafe.ReadUnaligned<ushort>(ref data),
        4 => Unsafe.ReadUnaligned<uint>(ref data),
        _ => Unsafe.ReadUnaligned<ulong>(ref data),
    };

    private static void Poke(ref byte data, int size, ulong value)
    {
        switch (size)
        {
            case 1:
                data = (byte)value;
                break;
            case 2:
                Unsafe.WriteUnaligned(ref data, (ushort)value);
                break;
            case 4:
                Unsafe.WriteUnaligned(ref data, (uint)value);
                break;
            default:
                Unsafe.WriteUnaligned(ref data, value);
                break;
        }
    }

    private static PtxException Misaligned(ulong address, int bytes) =>
        new(PtxError.Misaligned, $"0x{address:x} is not aligned to {bytes} bytes");

    private PtxException Touched(ShadowFault fault, string verb, string where, ref byte data, int size) =>
        fault == ShadowFault.Uninitialised
        ? new PtxException(PtxError.UninitialisedMemory, $"{where} is {verb}, nothing was written there")
        : new PtxException(PtxError.Race, $"{where} is {verb} while {Shadow.Describe(Shadow.Other, global.Tag)} uses it"
            + $" and no barrier lies between; it holds 0x{Peek(ref data, size):x}");
}
