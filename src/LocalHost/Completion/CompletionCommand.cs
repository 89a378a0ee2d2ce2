using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.Completion;

/// <summary><c>completion</c>: what makes a shell complete this program's commands, options, values and federations, which it asks the program for.</summary>
internal static class CompletionCommand
{
    private const string Directive = "[suggest";

    private const string Bash = """
        _fldurable() {
            local line="${COMP_LINE#* }" point=$((COMP_POINT - ${#COMP_WORDS[0]} - 1)) word
            COMPREPLY=()
            while IFS= read -r word; do
                [[ $word == "${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$word")
            done < <("${COMP_WORDS[0]}" "[suggest:$point]" "$line" 2> /dev/null)
        }
        complete -o default -F _fldurable fldurable
        """;

    private const string Zsh = """
        #compdef fldurable
        _fldurable() {
            local -a found
            local line="${BUFFER#* }"
            found=("${(@f)$("${words[1]}" "[suggest:$((CURSOR - ${#words[1]} - 1))]" "$line" 2> /dev/null)}")
            compadd -a found || _files
        }
        compdef _fldurable fldurable
        """;

    private const string Fish = """
        function _fldurable
            set --local words (commandline --tokenize --cut-at-cursor)
            set --local line (string replace --regex '^\\S+\\s' '' -- (commandline --cut-at-cursor))
            $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
        end
        complete --command fldurable --arguments '(_fldurable)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName fldurable -ScriptBlock {
            param($word, $tree, $cursor)
            $name = $tree.CommandElements[0].Extent.Text
            $line = $tree.Extent.Text.Substring([Math]::Min($name.Length + 1, $tree.Extent.Text.Length)).PadRight([Math]::Max(0, $cursor - $name.Length - 1))
            & $name "[suggest:$($cursor - $name.Length - 1)]" $line | Where-Object { $_ -like "$word*" } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string?>("SHELL") { Arity = ArgumentArity.ZeroOrOne, Description = "bash, zsh, fish or pwsh." };
        shell.CompletionSources.Add("bash", "zsh", "fish", "pwsh");
        var command = new Command("completion", "Write what makes a shell complete commands, options, values and federations: eval \"$(fldurable completion bash)\".") { shell };
        command.SetAction(parsed =>
        {
            terminal.Output.WriteLine(parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                "pwsh" => PowerShell,
                var other => throw new UsageException($"completion: expected bash, zsh, fish or pwsh, got {(other is null ? "nothing" : $"'{other}'")}"),
            });
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Whether a shell asks for completions, of a command line that need not be whole.</summary>
    public static bool IsAsked(IReadOnlyList<string> arguments) => arguments is [var first, ..] && first.StartsWith(Directive, StringComparison.Ordinal);
}
