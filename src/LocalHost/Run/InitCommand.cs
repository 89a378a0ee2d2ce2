using System.CommandLine;
using System.Text;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;

namespace FlDurable.LocalHost.Run;

/// <summary><c>init</c>: a spec to begin with, in which every field is explained, and the JSON schema by which editors complete and check it.</summary>
internal static class InitCommand
{
    private const string DefaultFile = "federation.jsonc";

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var file = new Argument<string?>("FILE") { Arity = ArgumentArity.ZeroOrOne, Description = $"Where the spec is written. Default: {DefaultFile}." };
        var force = new Option<bool>("--force") { Description = "Write over files that are there." };
        var command = new Command("init", "Write a spec to begin with, every field explained, and beside it the JSON schema for editors.") { file, force };
        command.SetAction(parsed =>
        {
            var path = Path.GetFullPath(parsed.GetValue(file) is { Length: > 0 } named ? named : DefaultFile);
            var schema = Path.ChangeExtension(path, ".schema.json");
            Refuse(path, schema, parsed.GetValue(force));
            var writer = new WholeFile { Mode = terminal.FileMode, KeepsOlder = !parsed.GetValue(force) };
            Write(writer, schema, SpecJsonSchema.Of(parts.SpecTable));
            Write(writer, path, Encoding.UTF8.GetBytes(SpecTemplate.Write(parts.SpecTable, Path.GetFileName(schema))));
            terminal.Output.WriteLine($"written: {Shown(path)}, and for editors its schema, {Shown(schema)}");
            terminal.Output.WriteLine($"to check it: fldurable validate {Shown(path)}; to run it: fldurable run {Shown(path)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Refuse(string path, string schema, bool overwrites)
    {
        if (Path.GetDirectoryName(path) is not { } folder || !Directory.Exists(folder))
            throw new UsageException($"init: there is no folder '{Path.GetDirectoryName(path)}'");
        foreach (var file in (string[])[path, schema])
        {
            if (Directory.Exists(file))
                throw new UsageException($"init: '{file}' is a folder; expected a file, or a place for one");
            if (Path.Exists(file) && !overwrites)
                throw new UsageException($"init: '{file}' is there; --force writes over it");
        }
    }

    private static void Write(WholeFile writer, string path, byte[] content)
    {
        try
        {
            writer.TryWrite(path, content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"init: '{path}' can't be written: {exception.Message}", exception);
        }
    }

    private static string Shown(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path) is var relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : path;
}
