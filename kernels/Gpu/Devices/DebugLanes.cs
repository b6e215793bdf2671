using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime.CPU;

namespace Fovea.Gpu.Devices;

/// <summary>
/// The threads that run kernels of the debugging device, in the surroundings that ILGPU gives to those of its own, so that indices,
/// sizes and shared memory are ILGPU's. ILGPU wakes all threads that it ever started for each launch, and lets all wait several times at
/// each barrier and after each group. Here a kernel without barriers runs on one thread, one index after the other, and one with
/// barriers on a thread for each index of a group.
/// </summary>
[RequiresDynamicCode(GpuSupport.Reason)]
[RequiresUnreferencedCode(GpuSupport.Reason)]
internal sealed class DebugLanes : IDisposable
{
    /// <summary>Runs a kernel for the index that is the calling thread's.</summary>
    public delegate void Lane(ReadOnlySpan<KernelArgument> arguments);

    private delegate void InitializeGroup(in Index3D grid, in Index3D group, in SharedMemoryConfig sharedMemory);

    // What is bound by name is internal to ILGPU, whose version is fixed.
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Assembly Ilgpu = typeof(CPUAccelerator).Assembly;

    private readonly Lock gate = new();
    private readonly List<Runner> runners = [];
    private readonly AutoResetEvent finished = new(false);
    private readonly int warp;
    private readonly DebugGroup group;
    private readonly IDisposable context;
    private readonly InitializeGroup initialize;
    private readonly Action release, enter;
    private Launch current;
    private int running;

    /// <param name="accelerator">ILGPU's device, whose memory the kernels work on.</param>
    public DebugLanes(CPUAccelerator accelerator)
    {
        warp = accelerator.WarpSize;
        var processors = (Array)typeof(CPUAccelerator).GetField("multiprocessors", Members)!.GetValue(accelerator)!;
        context = (IDisposable)Activator.CreateInstance(
            Ilgpu.GetType("ILGPU.Runtime.CPU.CPURuntimeGroupContext", throwOnError: true)!, processors.GetValue(0))!;
        initialize = Bind<InitializeGroup>(context, "Initialize", [typeof(Index3D).MakeByRefType(), typeof(Index3D).MakeByRefType(),
            typeof(SharedMemoryConfig).MakeByRefType()]);
        release = Bind<Action>(context, "TearDown", []);
        enter = Bind<Action>(context, "MakeCurrent", []);
        group = new DebugGroup(Prepare);
    }

    /// <summary>Runs a kernel and returns when it has ended. What it throws is to be caught by itself.</summary>
    /// <param name="lane">The kernel.</param>
    /// <param name="grid">How many groups.</param>
    /// <param name="size">Threads in a group.</param>
    /// <param name="waits">Whether the threads of a group wait for each other, and so must run at the same time.</param>
    /// <param name="arguments">The kernel's arguments.</param>
    public void Run(Lane lane, Index3D grid, Index3D size, bool waits, ReadOnlySpan<KernelArgument> arguments)
    {
        lock (gate)
        {
            current = new(lane, grid, size, waits, arguments.ToArray());
            int threads = waits ? size.Size : 1;
            while (runners.Count < threads) runners.Add(new Runner(this, runners.Count));
            Prepare();
            group.Start(threads);
            running = threads;
            for (int i = 0; i < threads; i++) runners[i].Start();
            finished.WaitOne();
            release();
            current = default;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Runner runner in runners) runner.Dispose();
        context.Dispose();
        finished.Dispose();
    }

    // Each group has shared memory of its own.
    private void Prepare() => initialize(current.Grid, current.Size, default);

    private static T Bind<T>(object target, string method, Type[] parameters)
        where T : Delegate => target.GetType().GetMethod(method, Members, parameters)!.CreateDelegate<T>(target);

    private readonly record struct Launch(Lane Lane, Index3D Grid, Index3D Size, bool Waits, KernelArgument[] Arguments);

    /// <summary>A thread, which has an index of each group, or runs all of them.</summary>
    private sealed class Runner : IDisposable
    {
        private readonly DebugLanes owner;
        private readonly int index;
        private readonly AutoResetEvent start = new(false);
        private readonly Thread thread;
        private readonly Action enter;
        private readonly Action<int> setLinear;
        private readonly Action<Index3D> setGroup, setGrid;
        private volatile bool ended;

        public Runner(DebugLanes owner, int index)
        {
            (this.owner, this.index) = (owner, index);
            object context = Activator.CreateInstance(
                Ilgpu.GetType("ILGPU.Runtime.CPU.CPURuntimeThreadContext", throwOnError: true)!, index % owner.warp, index / owner.warp)!;
            enter = Bind<Action>(context, "MakeCurrent", []);
            setLinear = Bind<Action<int>>(context, "set_LinearGroupIndex", [typeof(int)]);
            setGroup = Bind<Action<Index3D>>(context, "set_GroupIndex", [typeof(Index3D)]);
            setGrid = Bind<Action<Index3D>>(context, "set_GridIndex", [typeof(Index3D)]);
            thread = new Thread(Work) { IsBackground = true, Name = $"{GpuDevices.Debug} {index}" };
            thread.Start();
        }

        public void Start() => start.Set();

        public void Dispose()
        {
            ended = true;
            start.Set();
            thread.Join();
            start.Dispose();
        }

        private void Work()
        {
            owner.enter();
            enter();
            for (start.WaitOne(); !ended; start.WaitOne())
            {
                Launch launch = owner.current;
                if (launch.Waits) RunIndex(launch);
                else RunAll(launch);
                if (Interlocked.Decrement(ref owner.running) == 0) owner.finished.Set();
            }
        }

        private void RunIndex(in Launch launch)
        {
            owner.group.Enter();
            Place(launch.Size, index);
            for (int i = 0; i < launch.Grid.Size; i++)
            {
                setGrid(Index(launch.Grid, i));
                launch.Lane(launch.Arguments);
                owner.group.Leave();
            }
        }

        private void RunAll(in Launch launch)
        {
            DebugGroup.Alone();
            for (int i = 0; i < launch.Grid.Size; i++)
            {
                setGrid(Index(launch.Grid, i));
                for (int j = 0; j < launch.Size.Size && !DebugFault.Any; j++)
                {
                    Place(launch.Size, j);
                    launch.Lane(launch.Arguments);
                }
                owner.Prepare();
            }
        }

        private void Place(Index3D size, int linear)
        {
            setLinear(linear);
            setGroup(Index(size, linear));
        }

        private static Index3D Index(Index3D size, int linear) => Stride3D.DenseXY.ReconstructFromElementIndex(linear, size);
    }
}
