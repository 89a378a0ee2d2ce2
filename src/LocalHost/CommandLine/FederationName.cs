using System.CommandLine;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>The federation that a command is about: given by itself, or as <c>--id</c>.</summary>
internal sealed class FederationName
{
    /// <summary>What a federation's name by itself is called in help.</summary>
    public const string ArgumentName = "ID";

    /// <summary>The option that names one.</summary>
    public const string OptionName = "--id";

    private readonly string command;
    private readonly Argument<string?> name = new(ArgumentName) { HelpName = ArgumentName, Arity = ArgumentArity.ZeroOrOne, Description = "The federation." };
    private readonly Option<string?> id = new(OptionName) { HelpName = "ID", Description = "The federation, if it does not stand by itself." };

    /// <summary>Adds both to a command.</summary>
    public FederationName(Command command)
    {
        this.command = command.Name;
        command.Add(name);
        command.Add(id);
    }

    /// <summary>What is said of it.</summary>
    public string Description
    {
        set => name.Description = value;
    }

    /// <summary>What was given; null if nothing was.</summary>
    /// <exception cref="UsageException">It was given twice.</exception>
    public string? Find(ParseResult parsed) => (parsed.GetValue(name), parsed.GetValue(id)) switch
    {
        ({ } argument, { }) => throw new UsageException($"--id: the federation is given twice, as '{argument}' too"),
        var (argument, option) => argument ?? option,
    };

    /// <summary>What was given.</summary>
    /// <exception cref="UsageException">Nothing was, or it was given twice.</exception>
    public string Get(ParseResult parsed) => Find(parsed) ?? throw new UsageException($"{command}: expected the ID of a federation");
}
