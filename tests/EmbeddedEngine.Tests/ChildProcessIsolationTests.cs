using System.Diagnostics;
using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class ChildProcessIsolationTests
{
    [Theory]
    [InlineData("echo first >&2; echo no memory >&2; exit 3", "exit code 3", "no memory")]
    [InlineData("echo no memory >&2; kill -9 $$", "signal 9", "no memory")]
    [InlineData("echo no memory >&2; echo nonsense", "it ended without an answer", "no memory")]
    [InlineData("echo Unhandled exception. >&2; echo '   at Main()' >&2; echo >&2; exit 134", "signal 6", "Unhandled exception.")]
    [InlineData("printf 'red \\033[31m' >&2; exit 3", "exit code 3", "red ?[31m")]
    [InlineData("exit 3", "exit code 3", "")]
    public async Task What_a_child_said_last_is_known(string commands, string how, string lastWords)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a shell is Unix's");

        var died = await Assert.ThrowsAsync<ProcessDiedException>(() => RunAsync(commands));

        Assert.Equal((how, lastWords), (died.How, died.LastWords));
    }

    [Fact]
    public async Task Last_words_are_bounded()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a shell is Unix's");

        var died = await Assert.ThrowsAsync<ProcessDiedException>(() => RunAsync("printf '%5000d' 0 | tr ' ' x >&2; exit 3"));

        Assert.Equal($"{new string('x', 300)}…", died.LastWords);
    }

    [Fact]
    public async Task A_child_that_has_no_such_activity_says_that_its_host_lacks_it()
    {
        await using var services = new ServiceCollection()
            .AddActivityFunc(new ActivityDescriptor<int, int>("Half"), (x, _) => Task.FromResult(x / 2))
            .BuildServiceProvider();
        using var output = new StringWriter();

        await IsolatedActivity.RunAsync(services, new LivingParent(ContractJson.Serialize(new ActivityRequest("Echo", "0"))), output);

        Assert.Equal(
            new ActivityFailure("activity 'Echo' is not known here; known are Half", FailureKind.HostForGood),
            ContractJson.Deserialize<ActivityAnswer>(output.ToString()).Failure);
    }

    /// <summary>The standard input of a child whose parent has asked for something, and lives.</summary>
    private sealed class LivingParent(string request) : TextReader
    {
        private readonly ManualResetEvent end = new(initialState: false);

        public override Task<string?> ReadLineAsync() => Task.FromResult<string?>(request);

        public override string? ReadLine()
        {
            end.WaitOne();
            return null;
        }
    }

    private static Task<string> RunAsync(string commands) => new ChildProcessIsolation(() => new ProcessStartInfo("sh", ["-c", commands]))
        .RunAsync("Echo", "0", TestContext.Current.CancellationToken);
}
