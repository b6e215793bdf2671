using Fovea.Cli;
using Fovea.Cli.Output;

using Host host = Host.ForConsole();
using var interruption = new Interruption(host);
return await new CommandLine(host).RunAsync(args, interruption.Token);
