using System.Runtime.InteropServices;

namespace Fovea.Ptx;

/// <summary>What a machine checks, and its limits.</summary>
public sealed record PtxOptions
{
    /// <summary>Refuse to read memory, shared, local or global, that nothing was written to.</summary>
    public bool CheckUninitialised { get; init; } = true;

    /// <summary>Refuse accesses of several threads to the same bytes that no barrier orders.</summary>
    public bool CheckRaces { get; init; } = true;

    /// <summary>Refuse integer division by zero; otherwise it gives all ones, as hardware does.</summary>
    public bool StrictDivision { get; init; } = true;

    /// <summary>The most instructions that one thread may execute.</summary>
    public long InstructionBudget { get; init; } = 50_000_000;

    /// <summary>
    /// Threads of the host that run blocks. With more than one the order of blocks is not fixed: sums by floating-point atomics may
    /// differ, and a block must not wait for a later one.
    /// </summary>
    public int Workers { get; init; } = 1;

    public int MaxStaticShared { get; init; } = 48 << 10;
    public int MaxShared { get; init; } = 227 << 10;
    public int MaxGroup { get; init; } = 1024;
}

/// <summary>A device that runs PTX: global memory, and launches that run to their end before they return.</summary>
public sealed class PtxMachine(PtxOptions? options = null)
{
    private uint nextBlock = 2;
    private long executed;

    public PtxOptions Options { get; } = options ?? new PtxOptions();
    public PtxMemory Memory { get; } = new();

    /// <summary>Instructions executed by all threads so far.</summary>
    public long Executed => executed;

    /// <summary>Serialises atomics while blocks run side by side.</summary>
    internal Lock AtomicLock { get; } = new();

    public ulong Allocate(long bytes) => Memory.Allocate(bytes);

    public void Free(ulong address) => Memory.Free(address);

    public void Write<T>(ulong address, ReadOnlySpan<T> values) where T : unmanaged => Memory.Write(address, MemoryMarshal.AsBytes(values));

    public void Read<T>(ulong address, Span<T> values) where T : unmanaged => Memory.Read(address, MemoryMarshal.AsBytes(values));

    /// <summary>Runs an entry. The parameters are given as bytes, in the layout that <see cref="PtxEntry.Parameters"/> states.</summary>
    public void Launch(PtxEntry entry, Dim grid, Dim group, int dynamicShared, ReadOnlySpan<byte> parameters)
    {
        Check(entry, grid, group, dynamicShared, parameters.Length);
        byte[] values = parameters.ToArray();
        uint first = nextBlock;
        if (uint.MaxValue - first < grid.Count)
            throw new PtxException(PtxError.Launch, "the machine has run too many blocks; make a new one", entry.Name);
        nextBlock += (uint)grid.Count;
        if (Options.Workers <= 1 || grid.Count == 1)
        {
            var executor = new BlockExecutor(this, entry, grid, group, dynamicShared, values, first);
            try
            {
                for (long block = 0; block < grid.Count; block++)
                    executor.Run(block);
            }
            finally
            {
                executed += executor.Executed;
            }
            return;
        }

        foreach (Allocation buffer in Memory.Live)
            buffer.Shadow.Refine();
        long taken = 0, failed = long.MaxValue;
        Exception? failure = null;
        var gate = new Lock();
        Parallel.For(0, Options.Workers, new ParallelOptions { MaxDegreeOfParallelism = Options.Workers }, _ =>
        {
            var executor = new BlockExecutor(this, entry, grid, group, dynamicShared, values, first);
            // The earliest block that fails is the one reported, whatever the timing.
            for (long block; (block = Interlocked.Increment(ref taken) - 1) < Math.Min(grid.Count, Interlocked.Read(ref failed));)
            {
                try
                {
                    executor.Run(block);
                }
                catch (Exception e)
                {
                    lock (gate)
                        if (block < failed)
                            (failed, failure) = (block, e);
                }
            }
            Interlocked.Add(ref executed, executor.Executed);
        });
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Runs an entry with parameters given one by one, each of the size that the entry declares.</summary>
    public void Launch(PtxEntry entry, Dim grid, Dim group, int dynamicShared, params ReadOnlySpan<object> parameters)
    {
        if (parameters.Length != entry.Parameters.Count)
            throw new PtxException(PtxError.Launch, $"{entry.Parameters.Count} parameters are wanted, not {parameters.Length}", entry.Name);
        var bytes = new byte[entry.ParameterBytes];
        for (int i = 0; i < parameters.Length; i++)
        {
            byte[] value = parameters[i] switch
            {
                byte[] raw => raw,
                ulong v => BitConverter.GetBytes(v),
                long v => BitConverter.GetBytes(v),
                int v => BitConverter.GetBytes(v),
                uint v => BitConverter.GetBytes(v),
                float v => BitConverter.GetBytes(v),
                double v => BitConverter.GetBytes(v),
                short v => BitConverter.GetBytes(v),
                byte v => [v],
                var other => throw new ArgumentException($"{other.GetType()} is no type of a parameter."),
            };
            PtxParameter parameter = entry.Parameters[i];
            if (value.Length != parameter.Size)
                throw new PtxException(PtxError.Launch, $"parameter '{parameter.Name}' has {parameter.Size} bytes, not {value.Length}",
                    entry.Name);
            value.CopyTo(bytes, parameter.Offset);
        }
        Launch(entry, grid, group, dynamicShared, bytes.AsSpan());
    }

    private void Check(PtxEntry entry, Dim grid, Dim group, int dynamicShared, int parameterBytes)
    {
        string? fault = null;
        if (parameterBytes != entry.ParameterBytes)
            fault = $"the parameters have {entry.ParameterBytes} bytes, not {parameterBytes}";
        else if (entry.RequiredGroup is { } required && required != group)
            fault = $"the kernel demands groups of {required}, not {group}";
        else if (group.X < 1 || group.Y < 1 || group.Z is < 1 or > 64 || group.Count > Math.Min(entry.MaxThreads, Options.MaxGroup))
            fault = $"a group of {group} is not possible; the most threads are {Math.Min(entry.MaxThreads, Options.MaxGroup)}";
        else if (grid.X < 1 || grid.Y is < 1 or > 65535 || grid.Z is < 1 or > 65535)
            fault = $"a grid of {grid} is not possible";
        else if (entry.StaticSharedBytes > Options.MaxStaticShared)
            fault = $"{entry.StaticSharedBytes} bytes of shared memory are declared, {Options.MaxStaticShared} are possible";
        else if (dynamicShared < 0 || entry.StaticSharedBytes + dynamicShared > Options.MaxShared)
            fault = $"{entry.StaticSharedBytes + dynamicShared} bytes of shared memory are wanted, {Options.MaxShared} are possible";
        if (fault is not null)
            throw new PtxException(PtxError.Launch, fault, entry.Name);
    }
}
