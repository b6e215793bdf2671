using System.Numerics;

namespace Fovea.Ptx;

/// <summary>Matrices that a warp loads and multiplies together, and copies that land when they are waited for.</summary>
internal sealed partial class BlockExecutor
{
    /// <summary>Per thread, the copies on their way, and the number of the group that is still open.</summary>
    private readonly List<PendingCopy>?[] copies;
    private readonly int[] copyGroups;

    private sealed record PendingCopy(ulong Target, byte[] Data, int Group);

    private void WholeWarp(int first, uint lanes)
    {
        if (lanes != uint.MaxValue)
            throw Fault(first + BitOperations.TrailingZeroCount(lanes), PtxError.DivergentWarp, "all 32 lanes of a warp must take part");
    }

    /// <summary>Lane l names row l % 8 of matrix l / 8, and gets the pair l % 4 of row l / 4 of each; transposed, of each column.</summary>
    private void LoadMatrices(in Op op, int first, uint lanes)
    {
        WholeWarp(first, lanes);
        int count = op.Slots!.Length;
        Span<ushort> rows = stackalloc ushort[count * 64];
        for (int lane = 0; lane < count * 8; lane++)
        {
            int t = first + lane;
            Touch(t);
            try
            {
                int region = Region(Slot(t, op.B) + (ulong)op.Value, 16, shared: true, out int offset);
                ref byte data = ref arrayData[region][offset];
                ShadowFault fault = arrayShadows[region]!.Read(offset, 16, shared);
                if (fault != ShadowFault.None)
                    throw Touched(fault, "read", $"offset {offset} of shared '{arrays[region]!.Name}'", ref data, 4);
                for (int i = 0; i < 8; i++)
                    rows[lane * 8 + i] = BitConverter.ToUInt16(arrayData[region], offset + 2 * i);
            }
            catch (PtxException e) when (e.Kernel is null)
            {
                throw Fault(t, e.Error, e.What);
            }
        }
        for (int lane = 0; lane < 32; lane++)
        {
            for (int matrix = 0; matrix < count; matrix++)
            {
                int row = lane / 4, column = lane % 4 * 2, at = matrix * 64;
                uint low = op.Target == 0 ? rows[at + row * 8 + column] : rows[at + column * 8 + row];
                uint high = op.Target == 0 ? rows[at + row * 8 + column + 1] : rows[at + (column + 1) * 8 + row];
                registers[(first + lane) * slots + op.Slots[matrix]] = low | high << 16;
            }
        }
    }

    /// <summary>D = A·B + C, 16×8 by 8×8, as the manual spreads them over the lanes; operands keep 10 bits of their mantissas.</summary>
    private void MultiplyTf32(in Op op, int first, uint lanes)
    {
        WholeWarp(first, lanes);
        Span<float> a = stackalloc float[16 * 8], b = stackalloc float[8 * 8], c = stackalloc float[16 * 8];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            for (int i = 0; i < 4; i++)
            {
                a[(g + i % 2 * 8) * 8 + t + i / 2 * 4] = Truncated(Slot(first + lane, op.Slots![4 + i]));
                c[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = Float(Slot(first + lane, op.Slots[10 + i]));
            }
            for (int i = 0; i < 2; i++)
                b[(t + i * 4) * 8 + g] = Truncated(Slot(first + lane, op.Slots![8 + i]));
        }
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
                double sum = c[row * 8 + column];
                for (int k = 0; k < 8; k++)
                    sum += (double)a[row * 8 + k] * b[k * 8 + column];
                SetFloat(ref registers[(first + lane) * slots + op.Slots![i]], (float)sum);
            }
        }
    }

    private static float Truncated(ulong bits) => Float(bits & 0xFFFFE000);

    /// <summary>What is read is read now. It lands at the wait, but could land at once: nobody may be using the place.</summary>
    private void CopyAsync(in Op op, ref ulong r)
    {
        int size = op.Size, given = (int)Math.Min(Slot(thread, op.C), (ulong)size);
        ulong source = Slot(thread, op.B) + (ulong)op.Target, target = Address(op, ref r);
        if ((source & (uint)(size - 1)) != 0)
            throw Misaligned(source, size);
        byte[] data = new byte[size];
        if (given > 0)
        {
            Allocation buffer = machine.Memory.Find(source, given)
                ?? throw new PtxException(PtxError.OutOfBounds, $"{given} bytes at {machine.Memory.Describe(source)}");
            int from = (int)(source - buffer.Start);
            ShadowFault read = buffer.Shadow.Read(from, given, global);
            if (read != ShadowFault.None)
                throw Touched(read, "read", $"0x{source:x} (offset {from} of a buffer of {buffer.Length} bytes)", ref buffer.Data[from],
                    Math.Min(4, given));
            buffer.Data.AsSpan(from, given).CopyTo(data);
        }
        int region = Region(target, size, shared: true, out int offset);
        ShadowFault fault = arrayShadows[region]!.Check(offset, size, shared);
        if (fault != ShadowFault.None)
            throw Touched(fault, "written", $"offset {offset} of shared '{arrays[region]!.Name}'", ref arrayData[region][offset], 4);
        (copies[thread] ??= []).Add(new PendingCopy(target, data, copyGroups[thread]));
    }

    /// <summary>Lets all groups land but the last ones; with -1 what belongs to none yet, too.</summary>
    private void AwaitCopies(int groups)
    {
        if (copies[thread] is not { Count: > 0 } pending)
            return;
        int until = groups < 0 ? int.MaxValue : copyGroups[thread] - groups;
        foreach (PendingCopy copy in pending)
        {
            if (copy.Group >= until)
                continue;
            int region = Region(copy.Target, copy.Data.Length, shared: true, out int offset);
            ShadowFault fault = arrayShadows[region]!.Write(offset, copy.Data.Length, shared);
            if (fault != ShadowFault.None)
                throw Touched(fault, "written", $"offset {offset} of shared '{arrays[region]!.Name}'", ref arrayData[region][offset], 4);
            copy.Data.CopyTo(arrayData[region], offset);
        }
        pending.RemoveAll(copy => copy.Group < until);
    }
}
