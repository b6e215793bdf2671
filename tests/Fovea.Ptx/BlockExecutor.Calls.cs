using System.Runtime.CompilerServices;

namespace Fovea.Ptx;

/// <summary>
/// Calls. A function's registers have slots of their own, so a call copies arguments and results alone; only where a function is
/// entered again before it has returned are its slots saved.
/// </summary>
internal sealed partial class BlockExecutor
{
    /// <summary>Beyond this, a device's stack would have run over too.</summary>
    private const int DeepestCall = 1000;

    /// <summary>Per thread, the calls that have not returned.</summary>
    private readonly Stack<Frame>?[] frames;

    private readonly record struct Frame(int Counter, CallSite Site, ulong[]? Saved, bool[]? SavedWritten);

    private int Call(CallSite site, int pc, ref ulong r)
    {
        LinkedFunction function = code.Functions[site.Function];
        Stack<Frame> stack = frames[thread] ??= new Stack<Frame>();
        if (stack.Count == DeepestCall)
            throw new PtxException(PtxError.Budget, $"more than {DeepestCall} calls within each other");
        ulong[]? saved = null;
        bool[]? savedWritten = null;
        int[] own = function.Slots;
        Span<bool> marks = code.Certain.Length == 0 ? [] : written.AsSpan(thread * slots, slots);
        if (stack.Any(f => f.Site.Function == site.Function))
        {
            if (function.HasLocals)
                throw new PtxException(PtxError.UnknownInstruction,
                    $"'{function.Name}' has arrays in local memory and calls itself, which is not supported");
            saved = new ulong[own.Length];
            savedWritten = marks.IsEmpty ? null : new bool[own.Length];
            for (int i = 0; i < own.Length; i++)
            {
                saved[i] = Unsafe.Add(ref r, own[i]);
                if (savedWritten is not null)
                    savedWritten[i] = marks[own[i]];
            }
        }
        Copy(site.Arguments, ref r);
        foreach (int slot in marks.IsEmpty ? [] : own)
            marks[slot] = code.Certain[slot];
        stack.Push(new Frame(pc + 1, site, saved, savedWritten));
        return function.Start;
    }

    private int Return(ref ulong r)
    {
        Frame frame = frames[thread]!.Pop();
        if (frame.Saved is null)
        {
            Copy(frame.Site.Results, ref r);
            return frame.Counter;
        }
        // The results lie among the slots that get their old values back.
        SlotCopy[] results = frame.Site.Results;
        ulong[][] values = [.. results.Select(c => registers.AsSpan(thread * slots + c.From, c.Count).ToArray())];
        int[] own = code.Functions[frame.Site.Function].Slots;
        for (int i = 0; i < own.Length; i++)
        {
            Unsafe.Add(ref r, own[i]) = frame.Saved[i];
            if (frame.SavedWritten is not null)
                written[thread * slots + own[i]] = frame.SavedWritten[i];
        }
        for (int i = 0; i < results.Length; i++)
            values[i].CopyTo(registers.AsSpan(thread * slots + results[i].To));
        return frame.Counter;
    }

    private static void Copy(SlotCopy[] copies, ref ulong r)
    {
        foreach (SlotCopy copy in copies)
            for (int i = 0; i < copy.Count; i++)
                Unsafe.Add(ref r, copy.To + i) = Unsafe.Add(ref r, copy.From + i);
    }
}
