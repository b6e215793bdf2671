using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Compute.Cuda;
using Fovea.Tests.Ptx;

namespace Fovea.Tests.ComputeTests.Cuda;

/// <summary>A card of a <see cref="FakeCudaDriver"/>.</summary>
internal sealed record FakeCard(string Name, int Major, int Minor)
{
    public long Memory { get; init; } = 1L << 30;

    public int ComputeMode { get; init; }
}

/// <summary>
/// A CUDA driver without cards, and stricter than one: nothing queued happens before somebody waits for it, a call without a current
/// context is refused, and whatever is handed out is counted. Kernels are executed from their PTX by the emulator, or by whatever
/// takes its place.
/// </summary>
internal sealed unsafe partial class FakeCudaDriver : ICudaDriver
{
    public const int InvalidValue = 1, OutOfMemory = 2, NotInitialized = 3, NoDevice = 100, InvalidContext = 201, InvalidPtx = 218, InvalidHandle = 400, NotFound = 500,
        IllegalAddress = 700, OutOfResources = 701, LaunchFailed = 719, NotSupported = 801, CaptureUnsupported = 900, CaptureInvalidated = 901;

    private readonly Lock gate = new();
    private readonly Dictionary<nint, string> live = [];
    private readonly Dictionary<string, (int After, int Code)> failures = [];
    private readonly ThreadLocal<Stack<nint>> current = new(() => new());
    private readonly ConcurrentDictionary<int, int> retained = [];
    private nint lastHandle = 0x1000;
    private bool initialized;
    private int broken;

    public List<FakeCard> Cards { get; } = [new("Fake 9000", 8, 6)];

    public int Version { get; init; } = 12040;

    public PtxMachine Machine { get; init; } = new();

    /// <summary>Every call, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Runs a launch; the emulator if null.</summary>
    public Action<FakeLaunch>? Launcher { get; set; }

    /// <summary>Whether launches are forgotten at once, so that whatever is allocated is not this driver's.</summary>
    public bool IsIdle { get; set; }

    /// <summary>What kernels have done wrong.</summary>
    public List<Exception> Faults { get; } = [];

    /// <summary>What was handed out and not given back.</summary>
    public IEnumerable<string> Leaks
    {
        get
        {
            lock (gate) return [.. live.Values.Concat(retained.Where(context => context.Value != 0).Select(context => $"context of {context.Key}, {context.Value} times"))];
        }
    }

    /// <summary>The calling thread's context; 0 if there is none.</summary>
    public nint Current => current.Value!.TryPeek(out nint top) ? top : 0;

    /// <summary>Makes a call fail once.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="code">What it returns.</param>
    /// <param name="after">How many calls succeed before.</param>
    /// <param name="always">Whether all later ones fail too.</param>
    public void Fail(string call, int code, int after = 0, bool always = false)
    {
        lock (gate) failures[call] = (always ? -after - 1 : after, code);
    }

    public int Count(string call) => Calls.Count(made => made == call);

    public int cuInit(uint flags)
    {
        if (Enter(false) is var code and not 0) return code;
        initialized = true;
        return Cards.Count == 0 ? NoDevice : 0;
    }

    public int cuDriverGetVersion(int* version)
    {
        *version = Version;
        return Enter(false);
    }

    public int cuGetErrorName(int code, byte** text)
    {
        *text = Pointer(code switch
        {
            InvalidValue => "CUDA_ERROR_INVALID_VALUE\0"u8,
            OutOfMemory => "CUDA_ERROR_OUT_OF_MEMORY\0"u8,
            NoDevice => "CUDA_ERROR_NO_DEVICE\0"u8,
            InvalidContext => "CUDA_ERROR_INVALID_CONTEXT\0"u8,
            InvalidPtx => "CUDA_ERROR_INVALID_PTX\0"u8,
            IllegalAddress => "CUDA_ERROR_ILLEGAL_ADDRESS\0"u8,
            OutOfResources => "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES\0"u8,
            LaunchFailed => "CUDA_ERROR_LAUNCH_FAILED\0"u8,
            NotSupported => "CUDA_ERROR_NOT_SUPPORTED\0"u8,
            CaptureUnsupported => "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED\0"u8,
            CaptureInvalidated => "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED\0"u8,
            _ => default,
        });
        return *text == null ? InvalidValue : 0;
    }

    public int cuGetErrorString(int code, byte** text)
    {
        *text = Pointer(code switch
        {
            LaunchFailed => "unspecified launch failure\0"u8,
            InvalidPtx => "a PTX JIT compilation failed\0"u8,
            NoDevice => "no CUDA-capable device is detected\0"u8,
            _ => default,
        });
        return *text == null ? InvalidValue : 0;
    }

    public int cuDeviceGetCount(int* count)
    {
        *count = Cards.Count;
        return Enter(false);
    }

    public int cuDeviceGet(int* device, int index)
    {
        // Not the number itself, so that the two are told apart.
        *device = index + 10;
        return Enter(false);
    }

    public int cuDeviceGetName(byte* name, int room, int device)
    {
        System.Text.Encoding.UTF8.GetBytes(Cards[device - 10].Name + '\0').CopyTo(new Span<byte>(name, room));
        return Enter(false);
    }

    public int cuDeviceTotalMem(nuint* bytes, int device)
    {
        *bytes = (nuint)Cards[device - 10].Memory;
        return Enter(false);
    }

    public int cuDeviceGetAttribute(int* value, int attribute, int device)
    {
        FakeCard card = Cards[device - 10];
        *value = attribute switch
        {
            1 or 2 or 3 => 1024,
            4 => 64,
            5 => int.MaxValue,
            6 or 7 => 65535,
            8 => 48 << 10,
            16 => 4,
            20 => card.ComputeMode,
            39 => 1536,
            75 => card.Major,
            76 => card.Minor,
            97 => 99 << 10,
            _ => throw new ArgumentException($"{attribute}"),
        };
        return Enter(false);
    }

    public int cuDevicePrimaryCtxRetain(nint* context, int device)
    {
        if (Enter(false) is var code and not 0) return code;
        retained.AddOrUpdate(device, 1, (_, count) => count + 1);
        *context = 100 + device;
        return 0;
    }

    public int cuDevicePrimaryCtxRelease(int device)
    {
        int left = retained.AddOrUpdate(device, -1, (_, count) => count - 1);
        Assert.That(left, Is.Not.Negative, "a context is released more often than retained");
        return Enter(false);
    }

    public int cuCtxPushCurrent(nint context)
    {
        if (context is >= 110 and < 200 && retained.GetValueOrDefault((int)context - 100) == 0) return InvalidContext;
        current.Value!.Push(context);
        return 0;
    }

    public int cuCtxPopCurrent(nint* context)
    {
        if (!current.Value!.TryPop(out nint top)) return InvalidContext;
        *context = top;
        return 0;
    }

    private static byte* Pointer(ReadOnlySpan<byte> literal) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(literal));

    // What every call does first.
    private int Enter(bool needsContext = true, [CallerMemberName] string call = "")
    {
        Calls.Enqueue(call);
        lock (gate)
        {
            if (failures.TryGetValue(call, out (int After, int Code) failure))
            {
                switch (failure.After)
                {
                    case 0:
                        failures.Remove(call);
                        return failure.Code;
                    case -1: return failure.Code;
                    default:
                        failures[call] = (failure.After - Math.Sign(failure.After), failure.Code);
                        break;
                }
            }
        }
        if (!needsContext) return 0;
        return !initialized ? NotInitialized : Current is < 110 or >= 200 ? InvalidContext : broken;
    }

    private nint New(string kind)
    {
        lock (gate)
        {
            live.Add(++lastHandle, $"{kind} {lastHandle}");
            return lastHandle;
        }
    }

    private int Drop(nint handle, string kind)
    {
        lock (gate)
        {
            if (!live.TryGetValue(handle, out string? what) || !what.StartsWith(kind)) return InvalidHandle;
            live.Remove(handle);
            return 0;
        }
    }
}
