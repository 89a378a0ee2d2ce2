using System.Net;
using System.Net.Sockets;
using FlDurable.Api.Tests.Support;
using FlDurable.ClientActivities;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Api.Tests;

/// <summary>The command <c>serve</c>.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_says_the_key_once_and_where_it_listens_and_stops_when_it_is_told_to()
    {
        string? key = null;
        foreach (var isFirst in (bool[])[true, false])
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            await using var output = new Lines();
            await using var error = new StringWriter();
            var serving = CommandLine.RunAsync(output, error, stop.Token, "serve", "--urls", "http://127.0.0.1:0", "--state", folder["state"]);

            if (isFirst)
                key = (await output.NextAsync("key (shown this once): "))[^64..];
            var url = (await output.NextAsync("listening on ")).Split(' ', ',')[2];
            using var client = new HttpClient();
            client.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, key);
            using var answer = await client.GetAsync(new Uri($"{url}/api/federations"), Cancel);
            await stop.CancelAsync();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(ExitCode.Done, await serving);
            Assert.Equal("", error.ToString());
            Assert.Equal(isFirst, output.Text.Contains(key!, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Callers_find_threads_of_the_pool_while_all_loads_have_theirs()
    {
        await using var host = await ApiHost.StartAsync(folder: folder.Path);

        ThreadPool.GetMinThreads(out var threads, out _);

        Assert.True(threads > 4 * Environment.ProcessorCount, $"{threads} threads");
    }

    [Fact]
    public async Task It_goes_on_with_every_federation_that_is_not_over()
    {
        string[] ids = ["one", "two"];
        await using (var first = await ApiHost.StartAsync(folder: folder.Path))
        {
            foreach (var id in ids)
            {
                using var started = await first.StartAsync(ApiHost.Spec(id, ("rounds", 6)));
                Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            }
        }

        await using var second = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);
        var undisturbed = await second.FinishAsync(ApiHost.Spec("undisturbed", ("rounds", 6)));

        foreach (var id in ids)
        {
            var federation = await second.WaitAsync(id);
            Assert.True(federation.Status() == "completed", federation.ToJsonString());
            Assert.Equal(undisturbed.Parameters(), federation.Parameters());
        }
    }

    [Fact]
    public async Task It_leaves_a_federation_that_this_machine_can_not_train_to_one_that_can()
    {
        await using (var able = await ApiHost.StartAsync(folder: folder.Path))
        {
            using var started = await able.StartAsync(ApiHost.Spec("one", ("rounds", 6)));
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        }

        await using (var unable = await ApiHost.StartAsync(
            services => services.RemoveAll<ITrainingEngine>().AddSingleton<ITrainingEngine, UnableEngine>(), folder: folder.Path, needsKey: false))
        {
            Assert.Contains("federation one stays stopped: engine: lanes can't train cifar10-cnn here: too old", unable.Log, StringComparison.Ordinal);
        }

        await using var ableAgain = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);
        var federation = await ableAgain.WaitAsync("one");
        Assert.True(federation.Status() == "completed", federation.ToJsonString());
        Assert.Contains("going on with federation one", ableAgain.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_serves_though_the_spec_of_a_federation_is_damaged()
    {
        await using (var first = await ApiHost.StartAsync(folder: folder.Path))
        {
            using var started = await first.StartAsync(ApiHost.Spec("one", ("rounds", 6)));
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            await File.WriteAllTextAsync(Path.Combine(first.StateFolder, "artifacts", ArtifactNames.Spec("one")), "{", Cancel);
        }

        await using var second = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);

        Assert.Contains($"federation one stays stopped: artifact '{ArtifactNames.Spec("one")}'", second.Log, StringComparison.Ordinal);
        var other = await second.FinishAsync(ApiHost.Spec("two"));
        Assert.True(other.Status() == "completed", other.ToJsonString());
    }

    [Fact]
    public async Task Its_engine_has_stopped_before_the_services_that_it_uses_are_gone()
    {
        UsedService? used = null;
        await using (var host = await ApiHost.StartAsync(
            services => services.AddSingleton(provider => used = new UsedService(provider.GetRequiredService<EmbeddedEngineHost>().Stopped))))
        {
            host.Services.GetRequiredService<UsedService>();
        }

        Assert.True(used!.OutlivedTheEngine);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", "--no-auth")]
    [InlineData("http://*:0", "--no-auth")]
    [InlineData("http://192.0.2.1:7071", "--no-auth")]
    [InlineData("http://127.0.0.1:0;http://[::]:0", "--no-auth")]
    public async Task Without_keys_it_listens_to_this_machine_alone(string urls, string noAuth)
    {
        var run = await CommandLine.RunAsync(Cancel, "serve", "--urls", urls, noAuth, "--state", folder["state"]);

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("fldurable: --no-auth: expected --urls on loopback only", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["state"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("7071")]
    [InlineData("127.0.0.1:7071")]
    [InlineData("https://127.0.0.1:7071")]
    [InlineData("ftp://127.0.0.1:7071")]
    [InlineData("http://example.com:7071")]
    [InlineData("http://127.0.0.1:7071/base")]
    [InlineData("http://127.0.0.1:70710")]
    [InlineData("http://unix:/tmp/socket")]
    public async Task An_address_that_it_can_not_listen_on_is_refused(string urls)
    {
        var run = await CommandLine.RunAsync(Cancel, "serve", "--urls", urls, "--state", folder["state"]);

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("fldurable: --urls: expected http://ADDRESS:PORT", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:7071", "127.0.0.1", 7071, true)]
    [InlineData("HTTP://localhost:80/", "127.0.0.1", 80, true)]
    [InlineData("http://[::1]:5", "::1", 5, true)]
    [InlineData("http://127.9.9.9:5", "127.9.9.9", 5, true)]
    [InlineData("http://0.0.0.0:5", "0.0.0.0", 5, false)]
    [InlineData("http://[::]:5", "::", 5, false)]
    [InlineData("http://10.0.0.1", "10.0.0.1", 80, false)]
    [InlineData("http://+:5", null, 5, false)]
    public void Addresses_are_read(string url, string? ip, int port, bool isLoopback)
    {
        var address = Assert.Single(ListenAddress.ParseAll(url));

        Assert.Equal(new ListenAddress(ip is null ? null : IPAddress.Parse(ip), port), address);
        Assert.Equal(isLoopback, address.IsLoopback);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_so()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var run = await CommandLine.RunAsync(Cancel, "serve", "--urls", $"http://127.0.0.1:{port}", "--state", folder["state"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("address already in use", run.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_state_folder_that_is_in_use_is_said_so()
    {
        await using var host = await ApiHost.StartAsync(folder: folder.Path);

        var run = await CommandLine.RunAsync(Cancel, "serve", "--urls", "http://127.0.0.1:0", "--state", folder["state"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("is in use by another process", run.Error, StringComparison.Ordinal);
    }

    private sealed class UsedService(Task engineStopped) : IDisposable
    {
        public bool OutlivedTheEngine { get; private set; }

        public void Dispose() => OutlivedTheEngine = engineStopped.IsCompleted;
    }

    /// <summary>An engine of the usual name on a machine that it can't use.</summary>
    private sealed class UnableEngine : ITrainingEngine
    {
        public string Name => "lanes";

        public string WhyNot(Network network) => "too old";

        public ITrainingSession StartTraining(TrainingTask task) => throw new NotSupportedException(WhyNot(task.Network));

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
            throw new NotSupportedException(WhyNot(network));
    }
}
