using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Cli.Commands;

/// <summary>fovea summary</summary>
internal static class SummaryCommand
{
    public static Command Create(Host host)
    {
        var command = new Command("summary", "Show a network's layers, sizes and work for one image") { SharedOptions.Model,
            SharedOptions.Classes, SharedOptions.Input, SharedOptions.Json };
        command.SetAction(parse => Run(host, parse));
        return command;
    }

    private static int Run(Host host, ParseResult parse)
    {
        ModelInfo model = ModelCatalog.Find(parse.GetRequiredValue(SharedOptions.Model));
        // LeNet-5 was made for ten digits; the others for the thousand classes of ImageNet.
        int classes = parse.GetValue(SharedOptions.Classes) ?? (model.Input[2] == 1 ? 10 : 1000);
        host.Life.Begin($"looking at {model.Name}");
        Network network = ModelCatalog.Create(model.Name, classes, SharedOptions.InputShape(parse));
        NetworkSummary summary = NetworkSummary.Of(network);
        if (parse.GetValue(SharedOptions.Json))
        {
            host.Out.WriteJson(new
            {
                Model = model.Name,
                classes,
                Input = network.InputShape.ToArray(),
                Layers = summary.Layers.Select(layer => new
                {
                    Layer = layer.Path,
                    layer.Kind,
                    Output = layer.Output.ToArray(),
                    layer.Parameters,
                    layer.MultiplyAdds,
                    layer.Details,
                }),
                summary.Parameters,
                summary.MultiplyAdds,
            });
            return ExitCodes.Done;
        }
        var table = new TextTable("layer", "kind", "details", ">output", ">parameters", ">multiply-adds");
        foreach (LayerSummary layer in summary.Layers)
            table.Add(layer.Path, layer.Kind, layer.Details, $"{layer.Output}", Dash(layer.Parameters), Dash(layer.MultiplyAdds));
        table.AddRule();
        table.Add("total", "", "", "", Show.Count(summary.Parameters), Show.Count(summary.MultiplyAdds));
        host.Result(
            $"{model.Description}; input {network.InputShape}, {Show.Count(classes)} classes, "
                + $"{Show.Bytes(summary.Parameters * sizeof(float))} of parameters");
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }

    private static string Dash(long number) => number == 0 ? "-" : Show.Count(number);
}
