namespace FlDurable.LocalHost.Display;

/// <summary>What goes on while a data set is found, as notes.</summary>
internal sealed class PreparationNotes(Terminal terminal) : IProgress<string>
{
    public void Report(string value) => terminal.Note(value);
}
