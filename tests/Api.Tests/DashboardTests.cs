using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Deque.AxeCore.Playwright;
using FlDurable.Api.Tests.Support;
using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace FlDurable.Api.Tests;

/// <summary>The dashboard, in a browser.</summary>
public sealed class DashboardTests : IAsyncLifetime
{
    private Browser browser = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Browser.Program is null, "Chromium is not installed");
        browser = await Browser.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
    }

    [Fact]
    public async Task A_federation_is_started_watched_and_its_model_downloaded_from_the_page()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(host.Address);
        await page.GetByRole(AriaRole.Link, new() { Name = "Start a federation" }).ClickAsync();
        await page.GetByLabel("id", new() { Exact = true }).FillAsync("from-the-page");
        await page.GetByLabel("data", new() { Exact = true }).FillAsync(SmallData.Name);
        await page.GetByLabel("clients", new() { Exact = true }).FillAsync("3");
        await page.GetByLabel("rounds", new() { Exact = true }).FillAsync("2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "2", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("Round 2: 3 clients, 0 missing")).ToBeVisibleAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Download the model" }).ClickAsync());

        using var model = await host.GetAsync("/api/federations/from-the-page/model");
        Assert.Equal("from-the-page.safetensors", download.SuggestedFilename);
        Assert.Equal(await model.BytesAsync(), await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_it_shows_of_a_round_is_what_the_API_has_and_a_client_that_failed_is_named()
    {
        await using var host = await ApiHost.StartAsync(services => services.Decorate<ITrainingEngine>(engine => new OneDiverges(engine)), needsKey: false);
        var federation = await host.FinishAsync(ApiHost.Spec("shown", ("clients", 4), ("minFitClients", 2), ("quorum", 2)));
        var round = federation["rounds"]![1]!;

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/shown"));
        var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "1", Exact = true }) });
        await row.WaitForAsync();

        double Value(string name) => round[name]!.GetValue<double>();
        string Text(string format, string name) => Value(name).ToString(format, CultureInfo.InvariantCulture);
        Assert.Equal(
            [
                "1", $"{(100 * Value("centralAccuracy")).ToString("F2", CultureInfo.InvariantCulture)} %", Text("F4", "centralLoss"),
                $"{(100 * Value("evaluateAccuracy")).ToString("F2", CultureInfo.InvariantCulture)} %", Text("F4", "fitLoss"), "4", "1", Text("F1", "seconds"),
            ],
            (await row.GetByRole(AriaRole.Cell).AllInnerTextsAsync()).Take(8));
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^client-1: "));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_rounds_time_the_division_of_the_data_and_the_privacy_spent_are_those_that_the_API_has()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var federation = await host.FinishAsync(ApiHost.Spec("shown", ("clients", 4), ("privacy", new JsonObject { ["clip"] = 1, ["noiseMultiplier"] = 4, ["maxEpsilon"] = 50 })));
        using var asked = await host.GetAsync("/api/federations/shown/rounds/2");
        using var divided = await host.GetAsync("/api/federations/shown/division");
        var (round, division) = (await asked.JsonAsync(), await divided.JsonAsync());

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/shown"));
        await page.GetByRole(AriaRole.Button, new() { Name = "2", Exact = true }).ClickAsync();

        double[] Times(string name) => [.. round["participants"]!.AsArray().SelectMany(one => one![name]?["seconds"]!.AsArray().Select(time => time!.GetValue<double>()) ?? [])];
        string Span(string name) => (Times(name).Max() - Times(name).Min()).ToString("F2", CultureInfo.InvariantCulture);
        Assert.Equal(8, Times("trained").Length);
        await Assertions.Expect(page.GetByText($"training {Span("trained")} s, ")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText($"evaluating {Span("evaluated")} s; before and after")).ToBeVisibleAsync();

        var epsilon = federation["rounds"]![2]!["privacy"]!["epsilon"]!.GetValue<double>().ToString("F3", CultureInfo.InvariantCulture);
        await Assertions.Expect(page.GetByText($"ε {epsilon} of at most 50 at δ 0.00001")).ToBeVisibleAsync();

        var rows = page.GetByRole(AriaRole.Group, new() { Name = "Images by client and class" }).GetByRole(AriaRole.Row);
        await Assertions.Expect(rows).ToHaveCountAsync(5);
        foreach (var (index, client) in division["clients"]!.AsArray().Index())
        {
            var images = client!["trainExamples"]!.GetValue<int>() + client["validationExamples"]!.GetValue<int>();
            var counts = client["byClass"]!.AsArray().Select(count => count!.GetValue<int>()).ToList();
            Assert.Equal(images, counts.Sum());
            Assert.Equal(
                [client["client"]!.GetValue<string>(), $"{images}", .. counts.Select(count => count == 0 ? "·" : $"{count}")],
                await rows.Nth(index + 1).GetByRole(AriaRole.Cell).AllInnerTextsAsync());
        }

        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Of_a_thousand_clients_those_are_drawn_that_are_missing_or_took_longest()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        await host.FinishAsync(ApiHost.Spec("many"));
        var page = await browser.OpenAsync(host.Address);
        var record = JsonSerializer.Serialize(new
        {
            round = 1,
            seconds = 100,
            participants = Enumerable.Range(0, 999).Select(client =>
            {
                var seconds = client == 700 ? 9.0 : 1;
                return new { client = $"client-{client}", seconds, trained = new { seconds = (double[])[client / 20.0, (client / 20.0) + seconds] } };
            }),
            failures = (object[])[new { client = "client-999", activity = "TrainClient", reason = "it has gone" }],
        });
        await page.RouteAsync("**/api/federations/many/rounds/1", route => route.FulfillAsync(new() { ContentType = "application/json", Body = record }));
        await page.GotoAsync(new Uri(host.Address, "/api/dashboard#/federations/many").AbsoluteUri);

        await page.GetByRole(AriaRole.Button, new() { Name = "1", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByText("50 of 1,000 clients are drawn: those that are missing, and those that took longest.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("svg text.bad").GetByText("client-700", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("svg text.bad").GetByText("client-999", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("svg rect.slow")).ToHaveCountAsync(2); // one is the legend's
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_federation_is_held_and_let_go_on_and_who_is_awaited_is_named()
    {
        using var middle = new MiddleOfARound();
        await using var host = await ApiHost.StartAsync(middle.Configure, needsKey: false);
        using var started = await host.StartAsync(ApiHost.Spec("held", ("cohortSize", 1)));
        await middle.Reached;
        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/held"));
        await Assertions.Expect(page.GetByText("2 of 3 clients have arrived; waiting for client-")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        middle.GoOn();
        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("suspended", new() { Timeout = 30_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();

        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Ten_thousand_rounds_are_drawn_by_few_points_with_a_spike_of_one_round()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(host.Address);
        await page.RouteAsync("**/api/federations/many**", route => route.FulfillAsync(new() { ContentType = "application/json", Body = Many(new Uri(route.Request.Url)) }));
        await page.GotoAsync(new Uri(host.Address, "/api/dashboard#/federations/many").AbsoluteUri);
        await Assertions.Expect(page.GetByText("Rounds (500 of 10001, the newest)")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Load all rounds" }).ClickAsync();

        await Assertions.Expect(page.GetByText("500 of 10,001 points are drawn, the least and the greatest of each stretch.").First).ToBeVisibleAsync();
        var drawn = (await page.Locator(".chart path.central").First.GetAttributeAsync("d"))!;
        var points = drawn.Replace("h.01", "", StringComparison.Ordinal).Split('M', 'L').Skip(1).Select(point => point.Split(' ').Select(one => double.Parse(one, CultureInfo.InvariantCulture)).ToArray()).ToList();
        Assert.InRange(points.Count, 400, 500);
        Assert.Single(points, point => point[1] < points.Average(other => other[1]) - 50);
        Assert.Single(drawn.Split('M')[1..]);
        Assert.Empty(browser.Complaints);
    }

    /// <summary>What the API says of a federation of 10,000 rounds, in one of which the accuracy leaps.</summary>
    private static string Many(Uri asked)
    {
        const int last = 10_000;
        var isPage = asked.AbsolutePath.EndsWith("/rounds", StringComparison.Ordinal);
        var (end, count) = isPage ? (int.Parse(Query("continuationToken"), CultureInfo.InvariantCulture), int.Parse(Query("pageSize"), CultureInfo.InvariantCulture)) : (last, int.Parse(Query("rounds"), CultureInfo.InvariantCulture));
        var rounds = Enumerable.Range(0, last + 1).Where(round => round <= end && round > end - count).Select(round => new
        {
            round,
            centralAccuracy = round == 4_321 ? 0.95 : 0.5 + 0.01 * Math.Sin(round),
            centralLoss = 1.0,
            participantCount = 3,
            failureCount = 0,
            seconds = 0.1,
        });
        return JsonSerializer.Serialize(isPage
            ? new { rounds = rounds.Reverse() }
            : (object)new { id = "many", status = "completed", createdAt = DateTimeOffset.UnixEpoch, progress = new { round = last, rounds = last }, rounds });

        string Query(string name) => HttpUtility.ParseQueryString(asked.Query)[name]!;
    }

    [Fact]
    public async Task A_host_with_a_key_is_asked_with_the_one_that_its_reader_gives_which_is_in_no_address()
    {
        await using var host = await ApiHost.StartAsync();
        var page = await browser.OpenAsync(host.Address);
        var key = page.GetByLabel("Key", new() { Exact = true });
        await key.FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use it" }).ClickAsync();
        await Assertions.Expect(page.GetByText("That key is not this server's.")).ToBeVisibleAsync();
        var addresses = new List<string>();
        page.Request += (_, request) => addresses.Add(request.Url);

        await key.FillAsync(host.NewKey!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Use it" }).ClickAsync();

        await Assertions.Expect(page.GetByText("There is none.")).ToBeVisibleAsync();
        Assert.DoesNotContain(addresses, address => address.Contains(host.NewKey!, StringComparison.Ordinal));
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByText("There is none.")).ToBeVisibleAsync();
        await Assertions.Expect(key).ToBeHiddenAsync();
    }

    [Fact]
    public async Task It_says_how_long_it_is_not_connected_and_is_current_again_afterwards()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(host.Address);
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("connected");

        await page.RouteAsync("**/federations**", route => route.AbortAsync());
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^not connected for [0-9]+ s$"), new() { Timeout = 30_000 });
        await host.FinishAsync(ApiHost.Spec("meanwhile"));
        await page.UnrouteAllAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "meanwhile" })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
    }

    [Fact]
    public async Task Of_a_host_that_takes_requests_and_does_not_answer_it_says_for_how_long_there_is_no_sign_of_life()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(host.Address);
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("connected");

        await page.RouteAsync("**/federations**", _ => Task.CompletedTask);
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^no sign of life for [0-9]+ s$"), new() { Timeout = 30_000 });
        await page.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.IgnoreErrors });

        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("connected", new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task A_field_is_held_against_its_schema_as_one_types_and_what_the_host_refuses_stands_at_its_field()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/new"));
        async Task ComplainsAsync(string field, string value, string complaint)
        {
            await page.GetByLabel(field, new() { Exact = true }).FillAsync(value);
            await Assertions.Expect(page.Locator($"#error-{field}")).ToHaveTextAsync(complaint);
        }

        await ComplainsAsync("clients", "0", "expected at least 1");
        await ComplainsAsync("clients", "many", "expected a whole number");
        await ComplainsAsync("clients", "3", "");
        await ComplainsAsync("learningRate", "[0.1, -1]", "expected more than 0");
        await ComplainsAsync("learningRate", "0.01", "");
        await ComplainsAsync("partitioner", """{"name":"dirichlet","alpha":-1}""", "alpha: expected more than 0");
        await ComplainsAsync("partitioner", "iid", "");
        await ComplainsAsync("id", "Not an id", "expected text like ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$");
        await ComplainsAsync("id", "new", "");
        await page.GetByLabel("data", new() { Exact = true }).FillAsync("/etc");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await Assertions.Expect(page.Locator("#error-data")).ToContainTextAsync("files");
        await Assertions.Expect(page.GetByLabel("data", new() { Exact = true })).ToBeFocusedAsync();
    }

    [Theory]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    [InlineData(1440, ColorScheme.Light)]
    [InlineData(1440, ColorScheme.Dark)]
    public async Task Nothing_of_it_shuts_anybody_out_nor_is_wider_than_the_window(int width, ColorScheme scheme)
    {
        await using var host = await ApiHost.StartAsync(services => services.Decorate<ITrainingEngine>(engine => new OneDiverges(engine)), needsKey: false);
        await host.FinishAsync(ApiHost.Spec("looked-at", ("clients", 4), ("minFitClients", 2), ("quorum", 2)));
        var page = await browser.OpenAsync(host.Address, width, scheme);
        await page.GetByRole(AriaRole.Link, new() { Name = "looked-at" }).WaitForAsync();
        await CheckAsync("the list");
        await page.GetByRole(AriaRole.Link, new() { Name = "looked-at" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "1", Exact = true }).ClickAsync();
        await page.GetByText("Round 1: 4 clients, 1 missing").WaitForAsync();
        await CheckAsync("a federation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Branch …" }).ClickAsync();
        await CheckAsync("a dialog");
        await page.GetByRole(AriaRole.Button, new() { Name = "Don't" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Start one" }).ClickAsync();
        await page.GetByText("All other fields").ClickAsync();
        await CheckAsync("the form");
        Assert.Empty(browser.Complaints);

        async Task CheckAsync(string what)
        {
            var found = await page.RunAxe();
            Assert.True(found.Violations.Length == 0, $"{what}: {string.Join("; ", found.Violations.Select(one => $"{one.Id}: {string.Join(", ", one.Nodes.Select(node => node.Html))}"))}");
            Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        }
    }

    /// <summary>Trains all clients but the second, whose parameters are no numbers.</summary>
    private sealed class OneDiverges(ITrainingEngine engine) : ITrainingEngine
    {
        public string Name => engine.Name;

        public string? WhyNot(Network network) => engine.WhyNot(network);

        public ITrainingSession StartTraining(TrainingTask task)
        {
            if (task.Client != 1)
                return engine.StartTraining(task);
            var values = new float[task.Initial.Values.Length];
            values.AsSpan().Fill(float.NaN);
            return engine.StartTraining(task with { Initial = new ModelParameters(task.Initial.Layout, values) });
        }

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
            engine.Evaluate(network, parameters, examples, cancellationToken);
    }
}
