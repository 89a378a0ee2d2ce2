using System.Text;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class SelectClientsTests
{
    [Theory]
    [InlineData(10, 1.0, 10, 10)]
    [InlineData(100, 0.1, 10, 10)]
    [InlineData(100, 0.25, 10, 25)]
    [InlineData(100, 0.05, 10, 10)]
    [InlineData(15, 0.5, 1, 7)]
    public async Task The_fraction_is_rounded_down_and_the_minimum_holds(int clients, double fraction, int minimum, int expected)
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec
        {
            Clients = clients,
            FractionFit = fraction,
            MinFitClients = minimum,
            FractionEvaluate = fraction,
            MinEvaluateClients = minimum,
        });

        var selected = await federation.SelectAsync();

        Assert.Equal((expected, expected), (selected.Fit, selected.Evaluate));
    }

    [Theory]
    [InlineData(100, 1.3, 10, 13)]
    [InlineData(100, 1.01, 10, 11)]
    [InlineData(500, 1.1, 50, 55)]
    [InlineData(11, 1.5, 10, 11)]
    public async Task Over_selection_selects_more_than_needed_as_far_as_there_are(int clients, double overSelection, int needed, int fit)
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = clients, FractionFit = 0.1, MinFitClients = 10, OverSelection = overSelection });

        var selected = await federation.SelectAsync();

        Assert.Equal((needed, fit), (selected.Needed, selected.Fit));
    }

    [Theory]
    [InlineData("{}", 10, 32)]
    [InlineData("{}", 100, 32)]
    [InlineData("{}", 5_000, 64)]
    [InlineData("{\"cohortSize\":3}", 10, null)]
    [InlineData("{\"deadlineSeconds\":10}", 10, 1)]
    [InlineData("{\"overSelection\":1.5}", 10, 1)]
    public async Task Small_clients_are_together_where_nothing_else_is_said_and_all_are_waited_for(string json, int clients, int? cohortSize)
    {
        var spec = ContractJson.Deserialize<FederationSpec>(Encoding.UTF8.GetBytes(json));
        using var federation = await TemporaryFederation.CreateAsync(spec with { Clients = clients });

        var selected = await federation.SelectAsync();

        Assert.Equal(cohortSize, selected.CohortSize);
        Assert.Equal(cohortSize, (await federation.Store.ReadJsonAsync<Selection>(selected.Selection, TemporaryFederation.Cancel)).CohortSize);
    }

    [Theory]
    [InlineData("{}", 100, 64)]
    [InlineData("{\"cohortSize\":3}", 10, null)]
    [InlineData("{\"deadlineSeconds\":10}", 10, 1)]
    public async Task Clients_that_evaluate_are_together_as_many_as_are_worth_it(string json, int clients, int? cohortSize)
    {
        var spec = ContractJson.Deserialize<FederationSpec>(Encoding.UTF8.GetBytes(json));
        using var federation = await TemporaryFederation.CreateAsync(spec with { Clients = clients });

        var selected = await federation.SelectAsync();

        Assert.Equal(cohortSize, selected.EvaluateCohortSize);
        Assert.Equal(cohortSize, (await federation.Store.ReadJsonAsync<Selection>(selected.Selection, TemporaryFederation.Cancel)).EvaluateCohortSize);
    }

    [Fact]
    public async Task Cohorts_have_the_sizes_that_a_build_before_has_written()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 5 });
        var written = await federation.Store.PutJsonAsync(ArtifactNames.Selection("fed", 1), new Selection(1, [], []) { CohortSize = 7 }, TemporaryFederation.Cancel);

        var selected = await federation.SelectAsync();

        Assert.Equal((written, 7, 7), (selected.Selection, selected.CohortSize, selected.EvaluateCohortSize));
    }

    [Fact]
    public async Task The_parts_of_a_recorded_rounds_selection_are_not_written_again()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 65 });
        var first = await federation.SelectAsync();
        await federation.PutRecordAsync(1, "any");
        await federation.Store.DeleteAsync(ArtifactNames.SelectionParts("fed", 1), TemporaryFederation.Cancel);

        Assert.Equal(first, await federation.SelectAsync());
        Assert.Null(await federation.Store.FindAsync(
            ArtifactNames.SelectionPart("fed", 1, RoundPhase.Fit, new SelectionRange(0, 64)), TemporaryFederation.Cancel));
    }

    [Fact]
    public async Task A_round_has_a_deadline_where_it_is_given_or_a_client_keeps_its_data_elsewhere()
    {
        Assert.Null((await SelectAsync(null, null)).DeadlineSeconds);
        Assert.Equal(3600, (await SelectAsync(null, "hospital-7")).DeadlineSeconds);
        Assert.Equal(5, (await SelectAsync(5, "hospital-7")).DeadlineSeconds);
        Assert.Equal(5, (await SelectAsync(5, null)).DeadlineSeconds);

        static async Task<SelectClientsResult> SelectAsync(double? deadlineSeconds, string? account)
        {
            using var federation = await TemporaryFederation.CreateAsync(
                new FederationSpec { Clients = 3, DeadlineSeconds = deadlineSeconds }, account: account);
            return await federation.SelectAsync();
        }
    }

    [Fact]
    public async Task Nobody_evaluates_when_the_fraction_is_zero()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { FractionEvaluate = 0 });

        Assert.Equal(0, (await federation.SelectAsync()).Evaluate);
    }

    [Fact]
    public async Task Clients_without_validation_examples_do_not_evaluate()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec(), validationExamples: 0);

        Assert.Equal(0, (await federation.SelectAsync()).Evaluate);
    }

    [Fact]
    public async Task A_round_selects_the_same_clients_whenever_it_is_asked_and_other_rounds_others()
    {
        var spec = new FederationSpec { Clients = 100, FractionFit = 0.1 };
        using var one = await TemporaryFederation.CreateAsync(spec);
        using var other = await TemporaryFederation.CreateAsync(spec);
        var first = await ReadAsync(one, round: 1);

        Assert.Equal(first, await ReadAsync(other, round: 1));
        Assert.NotEqual(first, await ReadAsync(one, round: 2));
        Assert.Equal(first.Order(), first);
        Assert.Equal(10, first.Distinct().Count());

        static async Task<IReadOnlyList<int>> ReadAsync(TemporaryFederation federation, int round)
        {
            var selected = await federation.SelectAsync(round);
            var selection = await federation.Store.ReadJsonAsync<Selection>(selected.Selection, TemporaryFederation.Cancel);
            return [.. selection.Fit.Select(client => client.Index)];
        }
    }

    [Fact]
    public async Task Over_many_rounds_every_client_is_asked_about_equally_often()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 20, FractionFit = 0.25, MinFitClients = 1 });
        var counts = new int[20];
        for (var round = 1; round <= 200; round++)
        {
            var selected = await federation.SelectAsync(round);
            foreach (var client in (await federation.Store.ReadJsonAsync<Selection>(selected.Selection, TemporaryFederation.Cancel)).Fit)
                counts[client.Index]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 25, 75));
    }
}
