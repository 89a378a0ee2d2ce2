using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

Preparation.Begin();
var terminal = Terminal.OfThisProcess();
using var interruption = new Interruption(terminal);
return await FlDurableCommand.RunAsync(args, terminal, interruption.Token);
