using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

var usualMode = OwnFiles.Keep();
Preparation.Begin();
var terminal = Terminal.OfThisProcess(usualMode);
using var interruption = new Interruption(terminal);
return interruption.CodeOf(await FlDurableCommand.RunAsync(args, terminal, interruption.Token));
