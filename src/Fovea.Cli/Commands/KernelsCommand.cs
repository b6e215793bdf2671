using System.CommandLine;
using Fovea.Backends.Gpu;
using Fovea.Cli.Options;
using Fovea.Cli.Output;
using Fovea.Compute.Compiler;

namespace Fovea.Cli.Commands;

/// <summary>fovea kernels: what is compiled for devices, and what becomes of it.</summary>
internal static class KernelsCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "A kernel's name as the list gives it, or a part of it" };

    private static readonly Option<string?> Target = Arguments.Choice("--target", "For which kind of device (default: opencl)", "opencl", "ptx");

    private static readonly Option<int?> Sm = Arguments.Positive("--sm", "With --target ptx: the compute capability (default: 80)");

    private static readonly Option<string?> Pass = new("--ir") { Description = $"Show the compiler's own form after a pass: {string.Join(", ", KernelCompiler.Passes)}", HelpName = "PASS" };

    private static readonly Option<string[]> Models = new("--model") { Description = "Only the kernels of these networks", HelpName = "MODEL", AllowMultipleArgumentsPerToken = true };

    public static Command Create(Host host)
    {
        var list = new Command("list", "List the kernels that networks use, in every specialisation") { Models, SharedOptions.Json };
        list.SetAction(parse => List(host, KernelCatalog.Of(parse.GetValue(Models) ?? []), parse.GetValue(SharedOptions.Json)));
        var show = new Command("show", "Print what a kernel is compiled to, with the C# line beside it") { Name, Target, Sm, Pass };
        show.SetAction(parse => ShowOne(host, parse.GetRequiredValue(Name), parse.GetValue(Pass), parse.GetValue(Target) == "ptx" ? PtxTarget.For(parse.GetValue(Sm) ?? 80) : null));
        return new Command("kernels", "Look at the kernels that run on devices") { list, show, KernelsCheckCommand.CreateDump(host), KernelsCheckCommand.CreateCheck(host) };
    }

    private static int List(Host host, IReadOnlyList<CatalogKernel> kernels, bool json)
    {
        if (json)
        {
            host.Out.WriteJson(new { kernels = kernels.Select(kernel => new { kernel.Name, Method = kernel.Source.Name, GroupSize = kernel.Source.GroupSize.ToString() }) });
            return ExitCodes.Done;
        }
        var table = new TextTable("name", ">threads", "kernel");
        foreach (CatalogKernel kernel in kernels) table.Add(kernel.Name, kernel.Source.GroupSize.ToString(), kernel.Source.Name);
        table.Write(host.Out);
        return ExitCodes.Done;
    }

    private static int ShowOne(Host host, string name, string? pass, PtxTarget? ptx)
    {
        if (pass is not null && !KernelCompiler.Passes.Contains(pass)) throw new UsageException($"there is no pass '{pass}'; there are: {string.Join(", ", KernelCompiler.Passes)}.");
        CatalogKernel kernel = Find(name);
        if (pass is not null)
        {
            host.Out.Write(KernelCompiler.Listing(kernel.Source, pass));
            return ExitCodes.Done;
        }
        CompiledKernel compiled = ptx is { } target ? KernelCompiler.ToPtx(kernel.Source, target) : KernelCompiler.ToOpenCl(kernel.Source);
        string[] lines = compiled.Text.TrimEnd('\n').Split('\n');
        int width = Math.Min(110, lines.Max(line => line.Length));
        for (int i = 0; i < lines.Length; i++)
        {
            host.Out.WriteLine(compiled.Lines[i] is { } source ? $"{lines[i].PadRight(width)} // {source}" : lines[i]);
        }
        return ExitCodes.Done;
    }

    private static CatalogKernel Find(string name)
    {
        IReadOnlyList<CatalogKernel> all = KernelCatalog.Of();
        CatalogKernel[] found = [.. all.Where(kernel => kernel.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        if (found.Length == 0) found = [.. all.Where(kernel => kernel.Name.Contains(name, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var one] => one,
            [] => throw new UsageException($"there is no kernel '{name}'. List them with: fovea kernels list"),
            _ => throw new UsageException($"'{name}' could be {string.Join(", ", found.Take(8).Select(kernel => kernel.Name))}{(found.Length > 8 ? $" or one of {found.Length - 8} more" : "")}."),
        };
    }
}
