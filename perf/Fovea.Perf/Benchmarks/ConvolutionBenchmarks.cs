using BenchmarkDotNet.Attributes;
using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Perf.Benchmarks;

/// <summary>The three passes of convolutions that LeNet, AlexNet and VGG spend their time on.</summary>
public class ConvolutionBenchmarks : GraphBenchmark
{
    /// <summary>Batch, height (= width), input channels, filters, kernel, padding.</summary>
    [Params("64,14,6,16,5,0", "16,27,96,256,5,2", "8,56,64,64,3,1", "8,28,128,128,3,1", "2,224,64,64,3,1")]
    public string Sizes { get; set; } = "";

    [Params("forward", "input-gradient", "weight-gradient")]
    public string Pass { get; set; } = "";

    protected override Value Build(ComputationGraph graph)
    {
        int[] size = [.. Sizes.Split(',').Select(int.Parse)];
        var input = new Shape(size[0], size[1], size[1], size[2]);
        var filters = new Shape(size[3], size[4], size[4], size[2]);
        var geometry = new ConvolutionGeometry(Window.Of(1, size[5]));
        int outputs = size[1] + (2 * size[5]) - size[4] + 1;
        var output = new Shape(size[0], outputs, outputs, size[3]);
        return Pass switch
        {
            "forward" => graph.Add(new ConvolutionOp(geometry), graph.Input("x", input), graph.Input("w", filters)),
            "input-gradient" =>
                graph.Add(new ConvolutionInputGradientOp(geometry, input), graph.Input("dy", output), graph.Input("w", filters)),
            _ => graph.Add(new ConvolutionWeightGradientOp(geometry, filters), graph.Input("x", input), graph.Input("dy", output)),
        };
    }
}

/// <summary>Matrix products: square ones, and those of fully connected layers.</summary>
public class GemmBenchmarks : GraphBenchmark
{
    /// <summary>Rows, columns, depth.</summary>
    [Params("1024,1024,1024", "2048,2048,2048", "64,120,400", "16,4096,9216", "1,4096,9216")]
    public string Sizes { get; set; } = "";

    protected override Value Build(ComputationGraph graph)
    {
        int[] size = [.. Sizes.Split(',').Select(int.Parse)];
        return graph.Add(
            new MatrixProductOp(false, true), graph.Input("a", new Shape(size[0], size[2])), graph.Input("b", new Shape(size[1], size[2])));
    }
}
