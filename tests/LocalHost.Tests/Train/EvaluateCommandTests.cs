using System.Text.Json;
using System.Xml.Linq;
using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Tests.Train;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_model_is_evaluated_class_by_class_as_the_rounds_record_has_it()
    {
        var federation = await workplace.FinishFederationAsync("--id", "one", "--metrics", "balancedAccuracy", "--keep-best", "centralAccuracy");

        foreach (var (which, round) in ((string[], int)[])[([], 2), (["--round", "0"], 0), (["--best"], federation.Rounds.MaxBy(one => one.CentralAccuracy)!.Round)])
        {
            var run = await workplace.RunAsync(["evaluate", "one", "--json", .. which]);

            Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
            var evaluated = JsonElement.Parse(run.Output);
            var record = federation.Rounds[round];
            var classes = evaluated.GetProperty("classes").EnumerateArray().ToList();
            Assert.Equal((record.CentralLoss, record.CentralAccuracy), (evaluated.GetProperty("loss").GetDouble(), evaluated.GetProperty("accuracy").GetDouble()));
            Assert.Equal(10, classes.Count);
            Assert.Equal(40, classes.Sum(one => one.GetProperty("takenFor").EnumerateArray().Sum(count => count.GetInt64())));
            Assert.Equal(record.Additional!["central.balancedAccuracy"], classes.Average(one => one.TryGetProperty("recall", out var recall) ? recall.GetDouble() : (double?)null)!.Value, 12);
        }
    }

    [Fact]
    public async Task A_person_sees_a_table_and_a_spreadsheet_the_matrix()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var table = await workplace.RunAsync("evaluate", "one");
        var rows = (await workplace.RunAsync("evaluate", "one", "--csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.Equal((ExitCode.Done, ""), (table.ExitCode, table.Error));
        Assert.Matches(@"class +images +recall +precision +F1", table.Output);
        Assert.Contains("loss ", table.Output, StringComparison.Ordinal);
        Assert.StartsWith("class,", rows[0], StringComparison.Ordinal);
        Assert.Equal(40, rows[1..].Sum(row => row.Split(',')[1..].Sum(long.Parse)));
        Assert.Equal(rows[0].Split(',')[1..], rows[1..].Select(row => row.Split(',')[0]));
    }

    [Fact]
    public async Task The_confusion_matrix_is_drawn()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var evaluated = await workplace.RunAsync("evaluate", "one", "--json", "--plot", workplace["confusion.svg"]);
        var drawn = await workplace.RunAsync("evaluate", "one", "--plot", workplace["confusion.png"]);
        var words = XDocument.Load(workplace["confusion.svg"]).Descendants().Where(one => one.Name.LocalName == "text").ToList();
        var texts = words.Select(one => one.Value.Trim()).ToHashSet(StringComparer.Ordinal);
        var classes = JsonElement.Parse(evaluated.Output).GetProperty("classes").EnumerateArray().ToList();
        var counts = classes.SelectMany(one => one.GetProperty("takenFor").EnumerateArray().Select(count => count.GetRawText())).Where(count => count != "0");

        Assert.Equal($"{workplace["confusion.svg"]}: the confusion matrix", Assert.Single(evaluated.ErrorLines));
        Assert.Superset(new HashSet<string>(["one: images by class and what they were taken for", "taken for class", .. counts], StringComparer.Ordinal), texts);
        Assert.Equal(2, words.Count(one => one.Value.Trim() == $"9 {classes[9].GetProperty("name").GetString()}")); // its row and its column
        Assert.Distinct(words.Select(one => one.ToString())); // each is there once
        Assert.Matches(@"class +images +recall", drawn.Output);
        Assert.Equal("PNG"u8.ToArray(), (await File.ReadAllBytesAsync(workplace["confusion.png"], TestContext.Current.CancellationToken))[1..4]);
        Assert.Contains("--plot: expected a name that ends in .png or .svg", await RefusedAsync("one", "--plot", workplace["confusion.gif"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_not_be_evaluated_is_named()
    {
        await workplace.FinishFederationAsync("--id", "one", "--retention", "last:1");

        Assert.Contains("there is no federation 'two'", await RefusedAsync("two"), StringComparison.Ordinal);
        Assert.Contains("--round: federation 'one' has no parameters of round 1 any more", await RefusedAsync("one", "--round", "1"), StringComparison.Ordinal);
        Assert.Contains("expected one of the two", await RefusedAsync("one", "--csv", "--json"), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(workplace.State, "artifacts", "datasets"), recursive: true);
        Assert.Contains("the data set of federation 'one' is not in the state folder", await RefusedAsync("one"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_has_diverged_and_an_engine_that_tells_no_logits_are_named()
    {
        Assert.Contains("its loss on the central test set is not finite", await RefusedAsync<DivergesWhereItTells>("diverges"), StringComparison.Ordinal);
        Assert.Contains("was run with engine mute, which does not tell what it takes an image for", await RefusedAsync<Mute>("mute"), StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync<TEngine>(string name)
        where TEngine : class, ITrainingEngine
    {
        var ended = await workplace.RunAsync(
            FederationHost.CreateBuilder([]).AddTrainingEngine<TEngine>(),
            "run", "--id", name, "--engine", name, "--data", Workplace.Data, "--clients", "3", "--rounds", "1", "--network", "mlp");
        Assert.Equal((ExitCode.Done, ""), (ended.ExitCode, ended.ExitCode == ExitCode.Done ? "" : ended.Error));
        var run = await workplace.RunAsync(FederationHost.CreateBuilder([]).AddTrainingEngine<TEngine>(), "evaluate", name, "--json");
        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        return run.Error;
    }

    private async Task<string> RefusedAsync(params string[] arguments)
    {
        var run = await workplace.RunAsync(["evaluate", .. arguments]);
        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        return run.Error;
    }

    /// <summary>Lanes, which tells no logits.</summary>
    private class Mute : ITrainingEngine
    {
        private readonly LanesTrainingEngine lanes = new();

        public virtual string Name => "mute";

        public virtual bool TellsLogits => false;

        public string? WhyNot(Network network) => lanes.WhyNot(network);

        public ITrainingSession StartTraining(TrainingTask task) => lanes.StartTraining(task);

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
            lanes.Evaluate(network, parameters, examples, cancellationToken);

        public virtual Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    /// <summary>Tells logits of parameters whose loss is not finite, which a federation that asks for none does not see.</summary>
    private sealed class DivergesWhereItTells : Mute
    {
        public override string Name => "diverges";

        public override bool TellsLogits => true;

        public override Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken) =>
            new(double.NaN, 0);
    }
}
