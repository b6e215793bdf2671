namespace Fovea.Compute.Simt;

/// <summary>Calls a kernel once, with the arguments that lie at an address.</summary>
internal unsafe delegate void KernelBody(byte* arguments);

/// <summary>A kernel with its arguments: what every thread of a launch shares.</summary>
internal sealed unsafe class SimtLaunch(string name, Dim3 groupSize, KernelBody body, byte* arguments)
{
    public string Name => name;

    public Dim3 GroupSize => groupSize;

    public Dim3 Groups { get; set; }

    public byte* Arguments => arguments;

    /// <summary>Runs the thread that is current.</summary>
    public void Run() => body(arguments);
}
