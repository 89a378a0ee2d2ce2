using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Node;

/// <summary><c>schema</c>: what task hubs need in a database, made by whoever may change it, so that nodes need not.</summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("schema", "Make or upgrade the schema of task hubs in a database of SQL Server (--sql), once and before nodes of a new build start.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await NamedHub.CreateSchemaAsync(parsed.GetValue(CommonOptions.Sql), Environment.GetEnvironmentVariable, cancellationToken);
            terminal.Output.WriteLine("the schema of task hubs is made; give the nodes' users the role dt_runtime");
            return ExitCode.Done;
        });
        return command;
    }
}
