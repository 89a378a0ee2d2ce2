using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Datasets;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>Starts are accepted at once, and the data is read by and by.</summary>
public sealed class StartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_federation_is_pending_while_its_data_loads_says_how_far_that_is_and_then_runs()
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);

        using var started = await host.StartAsync(ApiHost.Spec("held"));
        var progress = await data.WaitAsync();
        progress.Report(new DatasetProgress(DatasetStage.Downloading, 42, 100));
        var loading = await host.WaitAsync("held", federation => Doing(federation) != "reading");
        using var again = await host.StartAsync(ApiHost.Spec("held"));
        using var other = await host.StartAsync(ApiHost.Spec("held", ("rounds", 3)));
        var pending = await ListAsync(host, "pending");
        var running = await ListAsync(host, "running");
        data.Release();
        var over = await host.WaitAsync("held");

        Assert.Equal((HttpStatusCode.Accepted, "pending"), (started.StatusCode, (await started.JsonAsync()).Status()));
        Assert.Equal(("pending", "downloading 40 %"), (loading.Status(), Doing(loading)));
        Assert.Equal((HttpStatusCode.OK, "pending"), (again.StatusCode, (await again.JsonAsync()).Status()));
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal(["held"], pending);
        Assert.Empty(running);
        Assert.Equal("completed", over.Status());
        Assert.Null(Doing(over));
        Assert.NotNull(over["dataset"]!["digest"]);
    }

    [Fact]
    public async Task Starts_are_accepted_however_many_load_and_resends_and_trained_data_wait_for_none()
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);

        for (var number = 0; number < 30; number++)
        {
            using var started = await host.StartAsync(ApiHost.Spec($"held-{number}"));
            using var again = await host.StartAsync(ApiHost.Spec($"held-{number}"));
            Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK), (started.StatusCode, again.StatusCode));
        }

        data.Release();
        Assert.Equal("completed", (await host.WaitAsync("held-29")).Status());
    }

    [Fact]
    public async Task Data_that_can_not_be_used_is_the_federations_failure_which_names_the_field()
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);
        using var started = await host.StartAsync(ApiHost.Spec("refused"));
        await data.WaitAsync();

        data.Refuse(new DatasetException("not today, says '/srv/secret/data.zip'"));

        var federation = await host.WaitAsync("refused");
        Assert.Equal(("failed", "data: not today, says '…'"), (federation.Status(), federation["failure"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_only_the_data_can_tell_is_the_federations_failure_too()
    {
        await using var host = await ApiHost.StartAsync();

        var federation = await host.FinishAsync(ApiHost.Spec("many", ("clients", 241)));

        Assert.Equal(
            ("failed", "clients: expected at most one client an image, got 241 clients for 240 training images"),
            (federation.Status(), federation["failure"]!.GetValue<string>()));
        Assert.Empty(federation["rounds"]!.AsArray());
    }

    [Fact]
    public async Task Layers_that_fit_no_usual_image_wait_for_the_data_as_all_do_which_then_decides_the_engine()
    {
        using var folder = new TestFolder();
        var spec = OnLargeImages("large", ("resize", "40x40"));
        await using (var first = await HoldingDataAsync(folder.Path))
        {
            using var started = await first.StartAsync((JsonObject)spec.DeepClone());
            await DataOf(first).WaitAsync();
            using var pending = await first.GetAsync("/api/federations/large");

            Assert.Null((await pending.JsonAsync())["engine"]);
            Assert.Equal((HttpStatusCode.Accepted, "pending"), (started.StatusCode, (await started.JsonAsync()).Status()));
        }

        await using var second = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);
        var over = await second.WaitAsync("large");
        using var again = await second.StartAsync((JsonObject)spec.DeepClone());

        Assert.True(over.Status() == "completed", over.ToJsonString());
        Assert.Equal("lanes", over["engine"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Layers_that_fit_no_usual_image_nor_the_data_are_the_federations_failure()
    {
        await using var host = await ApiHost.StartAsync();

        var federation = await host.FinishAsync(OnLargeImages("small"));

        Assert.Equal("failed", federation.Status());
        Assert.StartsWith("network: ", federation["failure"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_whose_host_stops_while_its_data_loads_goes_on()
    {
        using var folder = new TestFolder();
        await using (var first = await HoldingDataAsync(folder.Path))
        {
            using var started = await first.StartAsync(ApiHost.Spec("stopped"));
            await DataOf(first).WaitAsync();
        }

        await using var second = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);

        Assert.Equal("completed", (await second.WaitAsync("stopped")).Status());
    }

    [Fact]
    public async Task A_federation_that_is_terminated_while_its_data_loads_gives_the_load_up_and_can_be_purged()
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);
        using var started = await host.StartAsync(ApiHost.Spec("ended"));
        await data.WaitAsync();

        using var terminated = await host.PostAsync("/api/federations/ended/terminate?reason=enough");
        await data.GivenUp.Task.WaitAsync(Cancel);

        var federation = await host.WaitAsync("ended");
        Assert.Equal(("terminated", "enough"), (federation.Status(), federation["failure"]!.GetValue<string>()));
        using var purged = await host.DeleteAsync("/api/federations/ended");
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
    }

    [Fact]
    public async Task A_federation_that_is_suspended_while_its_data_loads_begins_no_round_until_it_is_resumed()
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);
        using var started = await host.StartAsync(ApiHost.Spec("held"));
        await data.WaitAsync();

        using var suspended = await host.PostAsync("/api/federations/held/suspend");
        data.Release();
        using var other = await host.StartAsync(ApiHost.Spec("other"));
        await host.WaitAsync("other");
        var held = await host.WaitAsync("held", federation => federation.Status() == "suspended");
        using var resumed = await host.PostAsync("/api/federations/held/resume");

        Assert.Empty(held["rounds"]!.AsArray());
        Assert.Equal("completed", (await host.WaitAsync("held")).Status());
    }

    [Theory]
    [InlineData("?wait=600", null)]
    [InlineData("", "respond-async, wait=600")]
    [InlineData("", "wait=99999")]
    public async Task Whoever_wants_to_waits_for_the_data(string query, string? prefer)
    {
        await using var host = await HoldingDataAsync();
        var data = DataOf(host);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/federations{query}", UriKind.Relative))
        {
            Content = new StringContent(ApiHost.Spec("waits").ToJsonString(), Encoding.UTF8, "application/json"),
        };
        if (prefer is not null)
            request.Headers.Add("Prefer", prefer);

        var answering = host.Client.SendAsync(request, Cancel);
        await data.WaitAsync();
        Assert.False(answering.IsCompleted);
        data.Release();
        using var answer = await answering;

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.NotEqual("pending", (await answer.JsonAsync()).Status());
        Assert.Equal(prefer is null ? null : "wait=600", answer.Headers.TryGetValues("Preference-Applied", out var applied) ? applied.Single() : null);
    }

    [Fact]
    public async Task A_wait_that_belongs_to_another_preference_is_none()
    {
        await using var host = await HoldingDataAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/federations", UriKind.Relative))
        {
            Content = new StringContent(ApiHost.Spec("waits-not").ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Prefer", "other; wait=600");

        using var answer = await host.Client.SendAsync(request, Cancel);

        Assert.Equal("pending", (await answer.JsonAsync()).Status());
        Assert.False(answer.Headers.Contains("Preference-Applied"));
        DataOf(host).Release();
    }

    [Fact]
    public async Task A_wait_that_is_none_is_refused()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var wait in (string[])["601", "-1", "soon", ""])
        {
            using var answer = await host.PostAsync($"/api/federations?wait={wait}", ApiHost.Spec("any").ToJsonString());
            Assert.Equal(["wait"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
        }
    }

    [Fact]
    public async Task A_host_that_stops_answers_who_waits_that_the_start_is_accepted()
    {
        var host = await HoldingDataAsync();
        var data = DataOf(host);
        var answering = host.PostAsync("/api/federations?wait=600", ApiHost.Spec("waits").ToJsonString());
        await data.WaitAsync();

        await host.StopAsync();

        using var answer = await answering;
        Assert.Equal((HttpStatusCode.Accepted, "pending"), (answer.StatusCode, (await answer.JsonAsync()).Status()));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_stops_answers_an_open_start_that_it_is_to_be_sent_again()
    {
        var host = await ApiHost.StartAsync(needsKey: false);
        using var caller = new TcpClient();
        await caller.ConnectAsync(host.Address.Host, host.Address.Port, Cancel);
        var stream = caller.GetStream();
        var head = $"POST /api/federations HTTP/1.1\r\nHost: localhost:{host.Address.Port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Cancel);
        using var answer = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 100 Continue", await answer.ReadLineAsync(Cancel)); // the body is being read

        await host.StopAsync();

        var text = await answer.ReadToEndAsync(Cancel);
        Assert.StartsWith("\r\nHTTP/1.1 503 ", text, StringComparison.Ordinal);
        Assert.Contains("Retry-After: ", text, StringComparison.Ordinal);
        Assert.Contains("the host is stopping", text, StringComparison.Ordinal);
        await host.DisposeAsync();
    }

    /// <summary>Its first layer takes nothing smaller than 40 by 40.</summary>
    private static JsonObject OnLargeImages(string id, params (string Field, JsonNode? Value)[] fields)
    {
        var layers = JsonNode.Parse("""[{"type":"avgpool2d","kernelSize":40},{"type":"flatten"},{"type":"linear","name":"classes"}]""");
        return ApiHost.Spec(id, [("network", new JsonObject { ["layers"] = layers }), .. fields]);
    }

    private static string? Doing(JsonObject federation) => federation["progress"]?["doing"]?.GetValue<string>();

    private static async Task<IEnumerable<string>> ListAsync(ApiHost host, string status)
    {
        using var answer = await host.GetAsync($"/api/federations?status={status}");
        return [.. (await answer.JsonAsync())["federations"]!.AsArray().Select(federation => federation!["id"]!.GetValue<string>())];
    }

    private static HeldData DataOf(ApiHost host) => (HeldData)host.Services.GetRequiredService<IDatasetLibrary>();

    /// <summary>A server whose data is held.</summary>
    private static Task<ApiHost> HoldingDataAsync(string? folder = null) => ApiHost.StartAsync(
        services =>
        {
            var library = services.Last(service => service.ServiceType == typeof(IDatasetLibrary));
            services.AddSingleton<IDatasetLibrary>(provider => new HeldData((IDatasetLibrary)library.ImplementationFactory!(provider)));
        },
        needsKey: false, folder: folder);
}
