using System.CommandLine;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Diagnostics;
using Fovea.Gpu.Devices.Compilation;
using Fovea.Verification.Kernels;

namespace Fovea.Cli.Commands;

/// <summary>fovea kernels: what is compiled for devices, and what becomes of it.</summary>
internal static class KernelsCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "A kernel's name as the list gives it, or a part of it" };

    private static readonly Option<int?> Sm = Arguments.Positive("--sm", "The compute capability (default: 80)");

    private static readonly Option<string[]> Models =
        new("--model") { Description = "Only the kernels of these networks", HelpName = "MODEL", AllowMultipleArgumentsPerToken = true };

    public static Command Create(Host host)
    {
        var list = new Command("list", "List the kernels that networks use, in every specialisation") { Models, SharedOptions.Json };
        list.SetAction((parse, token) =>
        {
            IReadOnlyList<CatalogKernel> kernels = Listed(host, parse.GetValue(Models) ?? [], token);
            return Task.FromResult(List(host, kernels, parse.GetValue(SharedOptions.Json)));
        });
        var show = new Command("show", "Print the PTX that a kernel is compiled to") { Name, Sm };
        show.SetAction((parse, token) => Task.FromResult(ShowOne(host, parse.GetRequiredValue(Name), parse.GetValue(Sm) ?? 80, token)));
        return new Command("kernels", "Look at the kernels that run on devices") { list, show, KernelsCheckCommand.CreateDump(host),
            KernelsCheckCommand.CreateCheck(host) };
    }

    /// <summary>The kernels of networks, with a word on which one is looked at.</summary>
    public static IReadOnlyList<CatalogKernel> Listed(Host host, IReadOnlyList<string> models, CancellationToken cancellation)
    {
        host.Life.Begin("listing kernels");
        return KernelCatalog.Of(models, host.Life, cancellation);
    }

    private static int List(Host host, IReadOnlyList<CatalogKernel> kernels, bool json)
    {
        if (json)
        {
            host.Out.WriteJson(new
            {
                kernels = kernels.Select(
                kernel => new { kernel.Name, Method = kernel.Source.Name, GroupSize = kernel.Source.GroupSize.ToString() })
            });
            return ExitCodes.Done;
        }
        var table = new TextTable("name", ">threads", "kernel");
        foreach (CatalogKernel kernel in kernels) table.Add(kernel.Name, kernel.Source.GroupSize.ToString(), kernel.Source.Name);
        table.Write(host.Out, host.Width);
        return ExitCodes.Done;
    }

    private static int ShowOne(Host host, string name, int sm, CancellationToken cancellation)
    {
        CatalogKernel kernel = Find(host, name, cancellation);
        cancellation.ThrowIfCancellationRequested();
        using var compiler = new PtxCompiler(sm);
        host.Out.Write(compiler.Compile(kernel.Source).Text);
        return ExitCodes.Done;
    }

    private static CatalogKernel Find(Host host, string name, CancellationToken cancellation)
    {
        IReadOnlyList<CatalogKernel> listed = Listed(host, [], cancellation);
        CatalogKernel[] found = Matching(listed, name);
        // Operations that no network of the list uses have kernels too.
        IReadOnlyList<CatalogKernel> others = found.Length == 0 ? KernelCatalog.OfOperations() : [];
        if (found.Length == 0) found = Matching(others, name);
        return found switch
        {
            [var one] => one,
            [] => throw new UsageException(
                $"there is no kernel '{name}'.{NearestName.Question(name, listed.Concat(others).SelectMany(Parts).Distinct())} "
                    + "List them with: fovea kernels list"),
            _ => throw new UsageException(
                $"'{name}' could be {string.Join(", ", found.Take(8).Select(kernel => kernel.Name))}"
                + (found.Length > 8 ? $" or one of {found.Length - 8} more." : ".")),
        };
    }

    /// <summary>What a kernel's name may be given by: its class, or class and method.</summary>
    private static IEnumerable<string> Parts(CatalogKernel kernel) => [kernel.Name.Split('.')[0], kernel.Name.Split('-')[0]];

    private static CatalogKernel[] Matching(IReadOnlyList<CatalogKernel> kernels, string name)
    {
        CatalogKernel[] found = [.. kernels.Where(kernel => kernel.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return found.Length > 0 ? found : [.. kernels.Where(kernel => kernel.Name.Contains(name, StringComparison.OrdinalIgnoreCase))];
    }
}
