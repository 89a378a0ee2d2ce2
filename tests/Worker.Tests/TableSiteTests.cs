using System.Globalization;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>Sites whose data is tables, each in its own units.</summary>
public sealed class TableSiteTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Sites_with_tables_in_their_own_units_learn_together_each_by_its_own_means()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddSiteAsync("one");
        await host.AddSiteAsync("two");
        await using var one = RunningWorker.Start(host, "one", Table("one", "a,b,label", unit: 1));
        await using var two = RunningWorker.Start(host, "two", Table("two", "a,b,label", unit: 1000));

        await host.StartFederationAsync("fed", "one,two", ("network", "mlp"), ("rounds", 4), ("epochs", 3), ("fractionEvaluate", 1));
        var federation = await host.WaitAsync("fed");

        Assert.True(federation["status"]!.GetValue<string>() == "completed", federation.ToJsonString());
        Assert.True(federation["rounds"]!.AsArray()[^1]!["evaluateAccuracy"]!.GetValue<double>() > 0.9, federation.ToJsonString());
    }

    [Theory]
    [InlineData("b,a,label", "other columns than one, or in another order")]
    [InlineData("a,b,c,label", "rows of 3 numbers, one rows of 2 numbers")]
    public async Task Sites_whose_columns_differ_are_named(string names, string why)
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddSiteAsync("one");
        await host.AddSiteAsync("two");
        await using var one = RunningWorker.Start(host, "one", Table("one", "a,b,label", unit: 1));
        await using var two = RunningWorker.Start(host, "two", Table("two", names, unit: 1));

        await host.StartFederationAsync("fed", "one,two", ("network", "mlp"));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("failed", federation["status"]!.GetValue<string>());
        Assert.Contains(why, federation.ToJsonString(), StringComparison.Ordinal);
    }

    private string Table(string name, string names, double unit)
    {
        var random = new Random(unit.GetHashCode());
        Directory.CreateDirectory(folder[name]);
        foreach (var (split, rows) in new[] { ("train", 200), ("val", 60) })
        {
            var lines = Enumerable.Range(0, rows).Select(row =>
            {
                var numbers = Enumerable.Range(1, names.Split(',').Length - 1).Select(_ => unit * (5 + (row % 2) + random.NextDouble() / 2));
                return string.Join(',', numbers.Append(row % 2).Select(number => number.ToString(CultureInfo.InvariantCulture)));
            });
            File.WriteAllText(Path.Combine(folder[name], $"{split}.csv"), string.Join('\n', lines.Prepend(names)));
        }

        return folder[name];
    }
}
