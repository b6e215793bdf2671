using Fovea.Execution;
using Fovea.Graph;

namespace Fovea.Core.Tests;

/// <summary>Tensors of more than 2²⁹ floats, whose bytes 32 bits do not count.</summary>
internal sealed class LargeTensorTests
{
    [Test]
    public void IsWrittenComputedAndRead()
    {
        const int Rows = 16385, Columns = 32768;
        const long Needed = 6L << 30;
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long free = memory.TotalAvailableMemoryBytes - Environment.WorkingSet;
        if (File.Exists("/proc/meminfo"))
        {
            string line = File.ReadLines("/proc/meminfo").First(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal));
            free = Math.Min(free, long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10);
        }
        if (free < Needed) Assert.Ignore($"Takes 5 GB of memory and wants 6 GiB free; there are {free >> 20} MiB.");

        var graph = new ComputationGraph();
        Value x = graph.Input("x", new Shape(Rows, Columns));
        using Device device = Device.Open("cpu", 2);
        using Executable executable = device.Compile(graph, x.Scale(2), x.Sum(0, 1));
        float[] values = new float[Rows * Columns];
        int[] places = [0, (1 << 28) - 1, 1 << 28, (1 << 29) - 1, 1 << 29, values.Length - 1];
        for (int i = 0; i < places.Length; i++) values[places[i]] = i + 1;
        executable.Write("x", values);
        executable.Run();
        Array.Clear(values);
        executable.Read(0, values);
        Assert.That(places.Select(place => values[place]), Is.EqualTo(new[] { 2f, 4, 6, 8, 10, 12 }));
        float[] sums = new float[Columns];
        executable.Read(1, sums);
        // Columns 0 and the last hold what lies at multiples of a row's length, and just before.
        Assert.That((sums[0], sums[^1], sums.Sum()), Is.EqualTo((1f + 3 + 5, 2f + 4 + 6, 21f)));
    }
}
