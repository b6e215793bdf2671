using Fovea.Compilation;
using Fovea.Execution;
using Fovea.Graph;

namespace Fovea;

/// <summary>
/// A first look at whether a device computes: a small product and a sum, several times, so that recorded runs are seen too.
/// </summary>
internal static class DeviceCheck
{
    private const int Rows = 64, Columns = 48, Depth = 80, Runs = 3;

    /// <summary>
    /// Compares the device with plain C#. All numbers are whole and small, so whatever the order of the sums, they are the same.
    /// </summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? Run(Device device, CancellationToken cancellationToken = default)
    {
        var graph = new ComputationGraph();
        Value a = graph.Input("a", new Shape(Rows, Depth)), b = graph.Input("b", new Shape(Depth, Columns));
        using Executable executable = device.Compile(graph, CompileOptions.Default, [a.MatMul(b), a.Sum()], null, cancellationToken);
        executable.Prepare(cancellationToken);
        float[] product = new float[Rows * Columns];
        for (int run = 0; run < Runs; run++)
        {
            float[] left = Numbers(Rows * Depth, run), right = Numbers(Depth * Columns, run + 5);
            executable.Write("a", left);
            executable.Write("b", right);
            executable.Run();
            executable.Read(0, product);
            for (int i = 0; i < product.Length; i++)
            {
                float expected = 0;
                for (int k = 0; k < Depth; k++) expected += left[(i / Columns * Depth) + k] * right[(k * Columns) + (i % Columns)];
                if (product[i] != expected)
                    return $"run {run + 1}: element ({i / Columns}, {i % Columns}) of a product {Rows}×{Depth}×{Columns} is {product[i]}, "
                        + $"not {expected}";
            }
            float sum = executable.Read(1);
            if (sum != left.Sum()) return $"run {run + 1}: the sum of {left.Length} numbers is {sum}, not {left.Sum()}";
        }
        return null;
    }

    private static float[] Numbers(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (float)((((i + seed) * 7919) % 199) - 99))];
}
