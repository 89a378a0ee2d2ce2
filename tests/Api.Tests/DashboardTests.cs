using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;
using Deque.AxeCore.Playwright;
using FlDurable.Api.Tests.Support;
using FlDurable.ClientActivities;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;
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

    /// <summary>Opens a round once all that stands above it is there: what moves under a pointer is not clicked.</summary>
    private static async Task OpenRoundAsync(IPage page, int round)
    {
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { NameRegex = new("^Clients, rounds|^Clients$") })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "How the clients share the images" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = $"{round}", Exact = true }).ClickAsync();
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
        await OpenRoundAsync(page, 2);
        await Assertions.Expect(page.GetByText("Round 2: 3 clients, 0 missing")).ToBeVisibleAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Download the model" }).ClickAsync());

        using var model = await host.GetAsync("/api/federations/from-the-page/model");
        Assert.Equal("from-the-page.safetensors", download.SuggestedFilename);
        Assert.Equal(await model.BytesAsync(), await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken));
        await page.EvaluateAsync("location.hash = '#/federations/%'");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("There is no such page: #/federations/%. A federation's is #/federations/ and its id.");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "from-the-page" })).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_it_shows_of_a_round_is_what_the_API_has_and_a_client_that_failed_is_named()
    {
        await using var host = await ApiHost.StartAsync(services => services.Decorate<ITrainingEngine>(OneDiverges), needsKey: false);
        var federation = await host.FinishAsync(ApiHost.Spec("shown", ("clients", 4), ("minFitClients", 2), ("quorum", 2)));
        var round = federation["rounds"]![1]!;
        using var asked = await host.GetAsync("/api/federations/shown/rounds/1");
        var record = await asked.JsonAsync();
        using var lookedAt = await host.GetAsync("/api/federations/shown/clients?clients=2");
        var clients = await lookedAt.JsonAsync();

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/shown"));
        var row = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "1", Exact = true }) });
        await row.WaitForAsync();

        double Value(string name) => round[name]!.GetValue<double>();
        string Text(string format, string name) => Value(name).ToString(format, CultureInfo.InvariantCulture);
        Assert.Equal(
            [
                "1", $"{(100 * Value("centralAccuracy")).ToString("F2", CultureInfo.InvariantCulture)} %", Text("F4", "centralLoss"),
                $"{(100 * Value("evaluateAccuracy")).ToString("F2", CultureInfo.InvariantCulture)} %", Text("F4", "fitLoss"), "4", "1", Text("F1", "seconds"), Bytes(Value("bytesToClients")), Bytes(Value("bytesFromClients")),
            ],
            (await row.GetByRole(AriaRole.Cell).AllInnerTextsAsync()).Take(10));
        var (parameters, updates) = (record["parametersBytes"]!.GetValue<long>(), record["participants"]!.AsArray().Select(client => client!["updateBytes"]?.GetValue<long>()).ToList());
        Assert.Equal((7 * parameters, updates.Sum()), ((long)Value("bytesToClients"), (long)Value("bytesFromClients"))); // three have trained, and four evaluated
        Assert.Equal(3, updates.Count(length => length > 0));
        double Moved(string name) => federation["rounds"]!.AsArray().Sum(one => one![name]?.GetValue<double>() ?? 0);
        await Assertions.Expect(page.GetByText($"Bytes moved in 3 rounds: {Bytes(Moved("bytesToClients"))} of parameters to clients, {Bytes(Moved("bytesFromClients"))} of updates from them.")).ToBeVisibleAsync();

        Assert.Equal((4, 2), (clients["clientCount"]!.GetValue<int>(), clients["clients"]!.AsArray().Count));
        Assert.Equal("""[1,2]""", clients["clients"]![0]!["missing"]!.ToJsonString());
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Clients, rounds 1 to 2" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("4 of 4 clients are drawn")).ToBeVisibleAsync();
        var drawn = page.GetByRole(AriaRole.Figure);
        foreach (var (index, client) in clients["clients"]!.AsArray().Index())
        {
            var mean = client!["seconds"]!.AsArray().Average(seconds => seconds!.GetValue<double>()).ToString("F2", CultureInfo.InvariantCulture);
            await Assertions.Expect(drawn.Nth(index)).ToContainTextAsync($"{client["client"]}{mean} s on average{(index == 0 ? "; missing in rounds 1, 2" : "")}");
        }

        await Assertions.Expect(drawn.First.Locator("rect.missing")).ToHaveCountAsync(2);
        await Assertions.Expect(drawn.Nth(1).Locator("rect")).ToHaveCountAsync(2);
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^client-1, training: "));
        Assert.Empty(browser.Complaints);

        static string Bytes(double value) => value == 0 ? "" : value >= 1e6 ? $"{(value / 1e6).ToString("F1", CultureInfo.InvariantCulture)} MB" : $"{(value / 1e3).ToString("F1", CultureInfo.InvariantCulture)} kB";
    }

    [Fact]
    public async Task What_is_measured_besides_is_drawn_by_round_and_shown_with_each_client_as_the_API_has_it()
    {
        await using var host = await ApiHost.StartAsync(services => services.AddClientMetric<HalfLoss>(), needsKey: false);
        var federation = await host.FinishAsync(ApiHost.Spec("measured", ("metrics", "macroF1,top5Accuracy")));
        using var asked = await host.GetAsync("/api/federations/measured/rounds/2");
        var record = await asked.JsonAsync();
        var additional = record["additional"]!.AsObject();
        Assert.Equal(["central.macroF1", "central.top5Accuracy", "fit.halfLoss"], additional.Select(one => one.Key).Order(StringComparer.Ordinal));
        Assert.True(JsonNode.DeepEquals(additional, federation["rounds"]![2]!["additional"]));

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/measured"));
        foreach (var (name, value) in additional)
            await Assertions.Expect(page.GetByRole(AriaRole.Group, new() { NameRegex = new Regex($"^{name.Split('.')[1]} by round, 0 to 2: .* {Regex.Escape(await WrittenAsync(value!, 4))} at last") })).ToBeVisibleAsync();
        await OpenRoundAsync(page, 2);
        var range = record["additionalRanges"]!["fit.halfLoss"]!;
        var row = page.GetByRole(AriaRole.Group, new() { Name = "Also measured", Exact = true }).GetByRole(AriaRole.Row).Filter(new() { HasText = "fit.halfLoss" });
        await row.WaitForAsync();
        Assert.Equal(
            ["fit.halfLoss", await WrittenAsync(additional["fit.halfLoss"]!, 5), await WrittenAsync(range["min"]!, 5), await WrittenAsync(range["max"]!, 5)],
            await row.GetByRole(AriaRole.Cell).AllInnerTextsAsync());
        foreach (var client in record["participants"]!.AsArray())
        {
            var cells = await page.GetByRole(AriaRole.Group, new() { Name = "Clients", Exact = true }).GetByRole(AriaRole.Row).Filter(new() { HasText = client!["client"]!.GetValue<string>() }).GetByRole(AriaRole.Cell).AllInnerTextsAsync();
            Assert.Equal(await WrittenAsync(client["additional"]!["fit.halfLoss"]!, 5), cells[^1]);
        }

        Assert.Empty((await page.RunAxe()).Violations);
        Assert.Empty(browser.Complaints);

        Task<string> WrittenAsync(JsonNode value, int digits) => page.EvaluateAsync<string>($"String(Number(({value.ToJsonString()}).toPrecision({digits})))");
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
        await OpenRoundAsync(page, 2);

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
    public async Task A_client_that_neither_trained_nor_evaluated_is_missing_once()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        await host.FinishAsync(ApiHost.Spec("twice", ("clients", 4), ("minFitClients", 2), ("quorum", 2), ("fractionEvaluate", 1), ("availability", "0-2")));

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/twice"));
        await OpenRoundAsync(page, 1);

        await Assertions.Expect(page.GetByText("Round 1: 3 clients, 1 missing")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^When the clients of round 1 were at work") }).GetByText("failed", new() { Exact = true })).ToHaveCountAsync(1);
        Assert.Equal(
            ["client-3, training: it can't be reached in this round (availability)", "client-3, evaluating: it can't be reached in this round (availability)"],
            await page.GetByRole(AriaRole.Listitem).AllInnerTextsAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Of_a_round_whose_clients_are_in_parts_it_shows_those_of_the_first_and_counts_all()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        await host.FinishAsync(ApiHost.Spec("parts", ("rounds", 1)));
        await RecordCutter.CutAsync(new FileArtifactStore(Path.Combine(host.StateFolder, "artifacts")), "parts");

        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/parts"));
        await OpenRoundAsync(page, 1);

        await Assertions.Expect(page.GetByText("Round 1: 3 clients, 1 missing")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Its clients are in 2 parts of the record; below are those of the first, and the first 100 failures of all.")).ToBeVisibleAsync();
        var clients = page.GetByRole(AriaRole.Group, new() { Name = "Clients", Exact = true });
        await Assertions.Expect(clients.GetByRole(AriaRole.Cell, new() { Name = "client-1", Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(clients.GetByRole(AriaRole.Cell, new() { Name = "client-2", Exact = true })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Listitem)).ToHaveTextAsync("client-2, evaluating: '…' can't be read");
        await Assertions.Expect(page.GetByText("Not drawn are the clients of a round that has more than 10,000")).ToBeVisibleAsync();
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

        await OpenRoundAsync(page, 1);

        await Assertions.Expect(page.GetByText("50 of 1,000 clients are drawn: those that are missing, and those that took longest.")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("svg text.bad").GetByText("client-700", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("svg text.bad").GetByText("client-999", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".chart rect.slow, .legend rect.slow")).ToHaveCountAsync(2); // one is the legend's
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_federation_is_held_and_let_go_on_in_one_of_eight_tabs_and_who_is_awaited_and_slow_is_named()
    {
        using var middle = new MiddleOfARound();
        await using var host = await ApiHost.StartAsync(middle.Configure, needsKey: false);
        using var started = await host.StartAsync(ApiHost.Spec("held", ("cohortSize", 1)));
        await middle.Reached;
        var address = new Uri(host.Address, "/api/dashboard#/federations/held");
        var page = await browser.OpenAsync(address);
        var others = new List<IPage>();
        for (var tab = 1; tab < 8; tab++) // more than a browser has connections to a host
            others.Add(await browser.OpenBesideAsync(page, address));
        foreach (var tab in others.Append(page))
            await Assertions.Expect(tab.GetByText("2 of 3 clients have arrived; waiting for client-2")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("li.bad").GetByText(new Regex("^client-2 is slow: at work for [0-9]+ s, the others took [0-9.]+ s$"))).ToBeVisibleAsync(new() { Timeout = 30_000 });
        var chart = page.GetByRole(AriaRole.Group, new() { Name = "accuracy by round" });
        await chart.PressAsync("ArrowLeft");
        await Assertions.Expect(page.GetByText("Round 0: central test set")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        middle.GoOn();
        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("suspended", new() { Timeout = 30_000 });
        await page.WaitForResponseAsync(response => response.Status == 304 && response.Url.EndsWith("/api/federations/held?rounds=0", StringComparison.Ordinal)); // nothing new is not sent again
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();

        foreach (var tab in others.Append(page))
            await Assertions.Expect(tab.Locator(".status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "2", Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Round 0: central test set")).ToBeVisibleAsync(); // rounds have come, and the reader's place is where it was
        await chart.PressAsync("ArrowRight");
        await Assertions.Expect(page.GetByText("Round 1: central test set")).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Ten_thousand_rounds_are_drawn_by_few_points_with_a_spike_of_one_round()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var page = await browser.OpenAsync(host.Address);
        var isBroken = true;
        var bytes = 0;
        await page.RouteAsync("**/api/federations/many**", route =>
        {
            var asked = new Uri(route.Request.Url);
            var breaks = isBroken && asked.AbsolutePath.EndsWith("/rounds", StringComparison.Ordinal);
            isBroken &= !breaks;
            var answer = breaks ? "{" : Many(asked);
            Interlocked.Add(ref bytes, answer.Length);
            return route.FulfillAsync(new() { ContentType = "application/json", Body = answer });
        });
        await page.GotoAsync(new Uri(host.Address, "/api/dashboard#/federations/many").AbsoluteUri);
        await Assertions.Expect(page.GetByText("Rounds (501 of 10001, the newest)")).ToBeVisibleAsync();
        using var itself = await host.GetAsync("/api/dashboard");
        Assert.InRange(bytes + (await itself.BytesAsync()).Length, 1, 1 << 20); // nothing is compressed of that

        await PressAsync("earlier", "earlier");
        await Assertions.Expect(page.GetByText("Rounds (1501 of 10001, the newest)")).ToBeVisibleAsync();
        await PressAsync("all-earlier", "earlier");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show all 10001" })).ToBeVisibleAsync();

        await Assertions.Expect(page.GetByText("500 of 10,001 points are drawn, the least and the greatest of each stretch.").First).ToBeVisibleAsync();
        var drawn = (await page.Locator(".chart path.central").First.GetAttributeAsync("d"))!;
        var points = drawn.Replace("h.01", "", StringComparison.Ordinal).Split('M', 'L').Skip(1).Select(point => point.Split(' ').Select(one => double.Parse(one, CultureInfo.InvariantCulture)).ToArray()).ToList();
        Assert.InRange(points.Count, 400, 500);
        Assert.Single(points, point => point[1] < points.Average(other => other[1]) - 50);
        Assert.Single(drawn.Split('M')[1..]);
        Assert.Empty(browser.Complaints);

        // Both are pressed before anything is answered.
        Task PressAsync(params string[] buttons) => page.EvaluateAsync("buttons => buttons.forEach(one => document.querySelector(`[data-focus=${one}]`).click())", buttons);
    }

    [Fact]
    public async Task A_proxy_that_can_not_reach_the_server_is_outlasted_by_the_page_which_says_so_meanwhile()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        await host.FinishAsync(ApiHost.Spec("outlasting"));
        var page = await browser.OpenAsync(host.Address);
        var refusals = 0;
        await page.RouteAsync("**/api/federations/outlasting**", route => Interlocked.Increment(ref refusals) <= 2
            ? route.FulfillAsync(new() { Status = refusals == 1 ? 502 : 503, ContentType = "text/html", Body = "<p>no server</p>" })
            : route.ContinueAsync());
        await page.GotoAsync(new Uri(host.Address, "/api/dashboard#/federations/outlasting").AbsoluteUri);

        await Assertions.Expect(page.Locator("#connection.lost")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("completed", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#connection")).ToHaveTextAsync("connected");
        Assert.Equal(2, browser.Complaints.Count); // Chromium's own, of the two answers
    }

    /// <summary>What the API says of a federation of 10,000 rounds, in one of which the accuracy leaps, and the last of which has just come.</summary>
    private static string Many(Uri asked)
    {
        const int last = 10_000;
        if (asked.AbsolutePath.EndsWith("/clients", StringComparison.Ordinal) || asked.AbsolutePath.EndsWith("/division", StringComparison.Ordinal))
            return """{"classes":[],"clientCount":0,"clients":[]}""";
        var isPage = asked.AbsolutePath.EndsWith("/rounds", StringComparison.Ordinal);
        var (from, count) = isPage ? (Number("continuationToken"), Number("pageSize")) : (last - 1, Number("rounds"));
        var end = isPage && Query("order") != "newest" ? Math.Min(last, from + count - 1) : from;
        var first = isPage && Query("order") != "newest" ? from : end - count + 1;
        var rounds = Enumerable.Range(0, last + 1).Where(round => round >= first && round <= end).Select(round => new
        {
            round,
            centralAccuracy = round == 4_321 ? 0.95 : 0.5 + 0.01 * Math.Sin(round),
            centralLoss = 1.0,
            participantCount = 3,
            failureCount = 0,
            seconds = 0.1,
        });
        return JsonSerializer.Serialize(isPage
            ? new { rounds = Query("order") == "newest" ? rounds.Reverse() : rounds }
            : (object)new { id = "many", status = "completed", createdAt = DateTimeOffset.UnixEpoch, progress = new { round = last, rounds = last }, rounds });

        string? Query(string name) => HttpUtility.ParseQueryString(asked.Query)[name];
        int Number(string name) => int.Parse(Query(name)!, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_host_with_a_key_is_asked_with_the_one_that_its_reader_gives_which_is_in_no_address()
    {
        await using var host = await ApiHost.StartAsync();
        var page = await browser.OpenAsync(host.Address);
        var key = page.GetByLabel("Key", new() { Exact = true });
        await Assertions.Expect(key).ToBeVisibleAsync();
        Assert.Empty(browser.Complaints); // nothing was asked without it
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

        await page.GetByRole(AriaRole.Link, new() { Name = "Start a federation" }).ClickAsync();
        await page.GetByLabel("id", new() { Exact = true }).FillAsync("with-a-new-key");
        await page.GetByLabel("data", new() { Exact = true }).FillAsync(SmallData.Name);
        await page.GetByLabel("clients", new() { Exact = true }).FillAsync("3");
        await page.GetByLabel("rounds", new() { Exact = true }).FillAsync("1");
        await ActWithStaleKeyAsync("Start");
        await Assertions.Expect(page.Locator(".status")).ToHaveTextAsync("completed", new() { Timeout = 60_000 });
        var download = await page.RunAndWaitForDownloadAsync(() => ActWithStaleKeyAsync("Download the model"));
        Assert.Equal("with-a-new-key.safetensors", download.SuggestedFilename);

        async Task ActWithStaleKeyAsync(string button)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true })
                .EvaluateAsync("button => { sessionStorage.setItem('fldurable-key', 'of-yesterday'); button.click(); }");
            await key.FillAsync(host.NewKey!);
            await page.GetByRole(AriaRole.Button, new() { Name = "Use it" }).ClickAsync();
        }
    }

    [Fact]
    public async Task A_federation_is_retried_branched_ended_and_removed_by_buttons()
    {
        using var clients = new HeldClients();
        await using var host = await ApiHost.StartAsync(services => services.Decorate<ITrainingEngine>(clients.Watch), needsKey: false);
        clients.Fail = true;
        Assert.Equal("failed", (await host.FinishAsync(ApiHost.Spec("pressed", ("rounds", 1), ("roundAttempts", 1)))).Status());
        var page = await browser.OpenAsync(new Uri(host.Address, "/api/dashboard#/federations/pressed"));

        clients.Fail = false;
        await PressAsync("Retry");
        await ExpectAsync("pressed", "completed");
        clients.Hold();
        await PressAsync("Branch …");
        await page.GetByLabel("Round", new() { Exact = true }).FillAsync("0");
        await page.GetByLabel("Its id").FillAsync("pressed-too");
        await PressAsync("Branch");
        await ExpectAsync("pressed-too", "running");
        await PressAsync("Terminate");
        await PressAsync("Terminate", page.GetByRole(AriaRole.Dialog));
        await ExpectAsync("pressed-too", "terminated");
        clients.GoOn();
        await PressAsync("Remove …");
        await PressAsync("Remove");

        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "pressed", Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "pressed-too" })).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);

        Task PressAsync(string button, ILocator? where = null) =>
            (where?.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }) ?? page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true })).ClickAsync();

        Task ExpectAsync(string id, string status) =>
            Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 2 })).ToHaveTextAsync($"{id} {status}", new() { Timeout = 30_000 });
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
        await ComplainsAsync("id", "Not an id", "expected 1 to 40 of a-z, 0-9 and -, beginning and ending with a letter or digit");
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
        await using var host = await ApiHost.StartAsync(services => services.Decorate<ITrainingEngine>(OneDiverges), needsKey: false);
        await host.FinishAsync(ApiHost.Spec("looked-at", ("clients", 4), ("minFitClients", 2), ("quorum", 2)));
        var page = await browser.OpenAsync(host.Address, width, scheme);
        await page.GetByRole(AriaRole.Link, new() { Name = "looked-at" }).WaitForAsync();
        await CheckAsync("the list");
        await page.GetByRole(AriaRole.Link, new() { Name = "looked-at" }).ClickAsync();
        await OpenRoundAsync(page, 1);
        await page.GetByText("Round 1: 4 clients, 1 missing").WaitForAsync();
        await CheckAsync("a federation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Branch …" }).ClickAsync();
        await CheckAsync("a dialog");
        await page.GetByRole(AriaRole.Button, new() { Name = "Don't" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Start one" }).ClickAsync();
        await page.GetByText("All other fields").ClickAsync();
        await CheckAsync("the form");
        if (width < 1000) // a wider one is the same page with less to break
        {
            await page.GetByRole(AriaRole.Link, new() { Name = "API" }).ClickAsync();
            await page.GetByRole(AriaRole.Heading, new() { Name = "Contents" }).WaitForAsync();
            await page.EvaluateAsync("document.querySelectorAll('details').forEach(one => one.open = true)");
            Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            await Assertions.Expect(page.GetByText("POST /api/federations/first/branch")).ToContainTextAsync("\"learningRate\": 0.0005");
            await Assertions.Expect(page.Locator("pre").GetByText("\"participantCount\"").First).ToBeVisibleAsync();
            await page.EvaluateAsync("document.querySelectorAll('details').forEach(one => one.firstChild.textContent.includes('/clients') || one.remove())"); // of all calls a look takes long
            await CheckAsync("the API's page");
        }

        Assert.Empty(browser.Complaints);

        async Task CheckAsync(string what)
        {
            var found = await page.RunAxe();
            Assert.True(found.Violations.Length == 0, $"{what}: {string.Join("; ", found.Violations.Select(one => $"{one.Id}: {string.Join(", ", one.Nodes.Select(node => node.Html))}"))}");
            Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        }
    }

    /// <summary>Clients that train, or fail, or wait.</summary>
    private sealed class HeldClients : IDisposable
    {
        // A test that fails meanwhile ends nevertheless: its host waits for its clients.
        private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

        private readonly ManualResetEventSlim goOn = new(initialState: true);

        public bool Fail { get; set; }

        public ITrainingEngine Watch(ITrainingEngine engine) => new OtherTraining(engine, task =>
        {
            goOn.Wait(Longest);
            return Fail ? throw new InvalidDataException("it has no disk") : engine.StartTraining(task);
        });

        public void Hold() => goOn.Reset();

        public void GoOn() => goOn.Set();

        public void Dispose() => goOn.Dispose();
    }

    /// <summary>Trains all clients but the second, whose parameters are no numbers.</summary>
    private static OtherTraining OneDiverges(ITrainingEngine engine) => new(engine, task =>
    {
        if (task.Client != 1)
            return engine.StartTraining(task);
        var values = new float[task.Initial.Values.Length];
        values.AsSpan().Fill(float.NaN);
        return engine.StartTraining(task with { Initial = new ModelParameters(task.Initial.Layout, values) });
    });

    /// <summary>A number of a client's own.</summary>
    private sealed class HalfLoss : IClientMetric
    {
        public string Name => "halfLoss";

        public double Measure(ClientTraining training) => training.Metrics.Loss / 2;
    }
}
