using System.Runtime.InteropServices;
using System.Text;
using Fovea.Tests.Ptx;

namespace Fovea.Tests.ComputeTests.Cuda;

/// <summary>A launch that a <see cref="FakeCudaDriver"/> was asked for.</summary>
internal sealed record FakeLaunch(PtxMachine Machine, PtxEntry Entry, Dim Grid, Dim Group, int DynamicShared, byte[] Parameters)
{
    public void Emulate() => Machine.Launch(Entry, Grid, Group, DynamicShared, Parameters.AsSpan());
}

internal sealed unsafe partial class FakeCudaDriver
{
    private static readonly byte[] BinaryMark = "\u007FFAKE"u8.ToArray();
    private readonly Dictionary<nint, PtxModule> modules = [];
    private readonly Dictionary<nint, FakeFunction> functions = [];
    private readonly Dictionary<nint, FakeLink> links = [];

    /// <summary>Whether machine code from elsewhere is refused, as after a change of driver or card.</summary>
    public bool RefusesBinaries { get; set; }

    /// <summary>Whether there is a linker that gives machine code away.</summary>
    public bool HasLinker { get; init; } = true;

    public int cuModuleLoadData(nint* module, void* image)
    {
        if (Enter() is var code and not 0) return code;
        if (!new ReadOnlySpan<byte>(image, BinaryMark.Length).SequenceEqual(BinaryMark)) return 200;
        if (RefusesBinaries && Calls.TakeLast(2).First() != nameof(cuLinkDestroy)) return 200;
        return Load(module, Marshal.PtrToStringUTF8((nint)image + BinaryMark.Length)!, null);
    }

    public int cuModuleLoadDataEx(nint* module, void* image, uint options, int* names, void** values)
    {
        if (Enter() is var code and not 0) return code;
        return Load(module, Marshal.PtrToStringUTF8((nint)image)!, Log(options, names, values));
    }

    public int cuModuleGetFunction(nint* function, nint module, byte* name)
    {
        if (Enter() is var code and not 0) return code;
        if (!modules[module].Entries.TryGetValue(Marshal.PtrToStringUTF8((nint)name)!, out PtxEntry? entry)) return NotFound;
        lock (gate) functions.Add(*function = ++lastHandle, new FakeFunction(entry));
        return 0;
    }

    public int cuModuleUnload(nint module)
    {
        if (Enter() is var code and not 0) return code;
        return Drop(module, "module");
    }

    public int cuLinkCreate(uint options, int* names, void** values, nint* state)
    {
        if (!HasLinker) throw new EntryPointNotFoundException(nameof(cuLinkCreate));
        if (Enter() is var code and not 0) return code;
        links[*state = New("link")] = new FakeLink(Log(options, names, values));
        return 0;
    }

    public int cuLinkAddData(nint state, int type, void* data, nuint bytes, byte* name, uint options, int* names, void** values)
    {
        if (Enter() is var code and not 0) return code;
        Assert.That((type, ((byte*)data)[bytes - 1]), Is.EqualTo((1, 0)), "PTX ends with a zero");
        FakeLink link = links[state];
        string text = Encoding.UTF8.GetString((byte*)data, (int)bytes - 1);
        try
        {
            _ = PtxModule.Parse(text);
        }
        catch (PtxException exception)
        {
            link.Log?.Invoke(exception);
            return InvalidPtx;
        }
        byte[] image = [.. BinaryMark, .. Encoding.UTF8.GetBytes(text), 0];
        link.Image = NativeMemory.Alloc((nuint)image.Length);
        link.Length = image.Length;
        image.CopyTo(new Span<byte>(link.Image, image.Length));
        return 0;
    }

    public int cuLinkComplete(nint state, void** cubin, nuint* bytes)
    {
        if (Enter() is var code and not 0) return code;
        *cubin = links[state].Image;
        *bytes = (nuint)links[state].Length;
        return 0;
    }

    public int cuLinkDestroy(nint state)
    {
        if (Enter() is var code and not 0) return code;
        NativeMemory.Free(links[state].Image);
        links.Remove(state);
        return Drop(state, "link");
    }

    public int cuFuncGetAttribute(int* value, int attribute, nint function)
    {
        if (Enter() is var code and not 0) return code;
        PtxEntry entry = functions[function].Entry;
        *value = attribute switch { 0 => entry.MaxThreads, 1 => entry.StaticSharedBytes, 3 => 8, 4 => 40, _ => throw new ArgumentException($"{attribute}") };
        return 0;
    }

    public int cuFuncSetAttribute(nint function, int attribute, int value)
    {
        if (Enter() is var code and not 0) return code;
        Assert.That(attribute, Is.EqualTo(8));
        functions[function].MaxDynamicShared = value;
        return 0;
    }

    public int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, nint function, int groupSize, nuint dynamicShared)
    {
        *groups = 1536 / 2 / groupSize;
        return Enter();
    }

    public int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint groupX, uint groupY, uint groupZ, uint dynamicShared, nint stream, void** parameters, void** extra) =>
        IsIdle ? 0 : Launch(function, new Dim((int)gridX, (int)gridY, (int)gridZ), new Dim((int)groupX, (int)groupY, (int)groupZ), (int)dynamicShared, stream, parameters);

    private int Launch(nint function, Dim grid, Dim group, int dynamicShared, nint stream, void** parameters)
    {
        if (Enter(call: nameof(cuLaunchKernel)) is var code and not 0) return code;
        FakeFunction made = functions[function];
        if (grid.Count == 0 || dynamicShared + made.Entry.StaticSharedBytes > Math.Max(48 << 10, made.MaxDynamicShared + made.Entry.StaticSharedBytes)) return InvalidValue;
        byte[] values = new byte[made.Entry.ParameterBytes];
        for (int i = 0; i < made.Entry.Parameters.Count; i++)
        {
            PtxParameter parameter = made.Entry.Parameters[i];
            new ReadOnlySpan<byte>(parameters[i], parameter.Size).CopyTo(values.AsSpan(parameter.Offset));
        }
        var launch = new FakeLaunch(Machine, made.Entry, grid, group, dynamicShared, values);
        return Queue(stream, () =>
        {
            LaunchesRun++;
            if (Launcher is { } launcher) launcher(launch);
            else launch.Emulate();
        });
    }

    private int Load(nint* module, string text, Action<PtxException>? log)
    {
        if (Prohibited()) return CaptureUnsupported;
        try
        {
            var parsed = PtxModule.Parse(text);
            modules[*module = New("module")] = parsed;
            return 0;
        }
        catch (PtxException exception)
        {
            log?.Invoke(exception);
            return InvalidPtx;
        }
    }

    // Writes what ptxas would.
    private static Action<PtxException>? Log(uint options, int* names, void** values)
    {
        byte* buffer = null;
        int room = 0;
        for (int i = 0; i < options; i++)
        {
            if (names[i] == 5) buffer = (byte*)values[i];
            if (names[i] == 6) room = (int)values[i];
        }
        if (buffer == null) return null;
        return exception =>
        {
            byte[] text = Encoding.UTF8.GetBytes($"ptxas application ptx input, line {exception.Line}; error   : {exception.What}\nptxas fatal   : Ptx assembly aborted due to errors\0");
            text.AsSpan(0, Math.Min(text.Length, room)).CopyTo(new Span<byte>(buffer, room));
        };
    }

    private sealed class FakeFunction(PtxEntry entry)
    {
        public PtxEntry Entry => entry;

        public int MaxDynamicShared { get; set; }
    }

    private sealed class FakeLink(Action<PtxException>? log)
    {
        public Action<PtxException>? Log => log;

        public void* Image { get; set; }

        public int Length { get; set; }
    }
}
