using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

var terminal = Terminal.OfThisProcess();
using var interruption = new Interruption(terminal);
return await FlDurableCommand.RunAsync(args, terminal, interruption.Token);
