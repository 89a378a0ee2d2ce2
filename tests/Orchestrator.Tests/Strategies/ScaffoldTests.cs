using CsCheck;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>
/// Three clients whose losses are parabolas, ½ (w − a)ᵀ H (w − a), so that every gradient is exact: against numbers worked by hand, in double
/// precision, of three rounds of two steps each.
/// </summary>
public sealed class ScaffoldTests
{
    private const float ClientRate = 0.1f;

    private static readonly Parabola[] Clients =
    [
        new(40, [[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1.5]], [1, -1, 0.5]),
        new(100, [[1, -0.25, 0], [-0.25, 3, 0.5], [0, 0.5, 0.5]], [-2, 0.5, 1.5]),
        new(60, [[0.5, 0, 0.25], [0, 2, 0], [0.25, 0, 4]], [0.25, 2, -1]),
    ];

    [Fact]
    public void With_all_clients_in_each_round() => AssertLast(
        new Run(rate: 1, isByExamples: false).Round(0, 1, 2).Round(0, 1, 2).Round(0, 1, 2),
        [0.12114350189887149, 0.8797973632450811, -0.4877054218478732],
        [0.507573614637587, -0.6696942815031828, 0.07045451809353304]);

    [Fact]
    public void A_client_that_is_absent_keeps_what_it_had() => AssertLast(
        new Run(rate: 1, isByExamples: false).Round(0, 1, 2).Round(0, 1).Round(0, 1, 2),
        [0.12647191099491825, 0.8731883558440032, -0.46948642874936697],
        [0.514284569374367, -0.6766175604700155, 0.09559767109058523]);

    [Fact]
    public void By_examples_the_model_is_weighted_and_the_control_variate_is_not() => AssertLast(
        new Run(rate: 1, isByExamples: true).Round(0, 1, 2).Round(0, 1).Round(0, 1, 2),
        [0.0708430350276693, 0.8773143191363719, -0.4626057224868435],
        [0.4377167845345955, -0.643467073445315, 0.1081064917315124]);

    [Fact]
    public void At_half_the_servers_rate() => AssertLast(
        new Run(rate: 0.5, isByExamples: false).Round(0, 1, 2).Round(0, 1).Round(0, 1, 2),
        [0.2924881910205417, 0.6249513640334519, -0.47168987226500336],
        [0.6348700022294788, -1.0606954437199345, 0.026506388665658243]);

    /// <summary>Whoever is there, however many steps they take, and with what momentum.</summary>
    [Fact]
    public void The_servers_control_variate_is_the_mean_of_all_clients_at_any_time() => Gen
        .Select(Gen.Int[1, 7].List[1, 4], Gen.Int[1, 5], Gen.OneOf(Gen.Const(0f), Gen.Const(0.5f), Gen.Const(0.9f)), (present, steps, momentum) => (present, steps, momentum))
        .Sample(test =>
        {
            var run = new Run(rate: 1, isByExamples: true, test.momentum, test.steps);
            foreach (var present in test.present)
                run.Round([.. Enumerable.Range(0, 3).Where(client => (present >> client & 1) == 1)]);

            for (var index = 0; index < 3; index++)
                Assert.Equal(run.Controls.Average(control => control[index]), run.ServerControl[index], 1e-5);
        }, iter: 200);

    [Fact]
    public void With_one_client_that_is_always_there_it_is_FedAvg()
    {
        Update update = new(10, [1.5f, -2, 0.25f]) { Steps = 3 };
        float[] global = [0.5f, -1, 0];

        var scaffold = new StrategyRun(new Scaffold(rate: 1, isByExamples: false, ClientRate, momentum: 0, clients: 1), 3);

        Assert.Equal(new StrategyRun(new FedAvg(), 3).Round(global, update), scaffold.Round(global, update));
    }

    private static void AssertLast(Run run, double[] parameters, double[] control)
    {
        for (var index = 0; index < parameters.Length; index++)
        {
            Assert.Equal(parameters[index], run.Global[index], 5e-7);
            Assert.Equal(control[index], run.ServerControl[index], 5e-6);
        }
    }

    /// <summary>A client's loss.</summary>
    private sealed record Parabola(int Examples, double[][] H, double[] A)
    {
        public double[] Gradient(double[] w) => [.. H.Select(row => row.Select((h, column) => h * (w[column] - A[column])).Sum())];
    }

    /// <summary>Rounds in which the clients do, in double precision, what the paper has them do.</summary>
    private sealed class Run(double rate, bool isByExamples, float momentum = 0, int steps = 2)
    {
        private readonly StrategyRun server = new(new Scaffold(rate, isByExamples, ClientRate, momentum, clients: 3), 3);

        public float[] Global { get; private set; } = [0.5f, 0.25f, -0.5f];

        public double[][] Controls { get; } = [new double[3], new double[3], new double[3]];

        public double[] ServerControl => server.Kept(ControlVariates.OfServer);

        public Run Round(params int[] present)
        {
            var before = ServerControl;
            var updates = present.Select(client => Train(client, before)).ToArray();
            Global = Array.ConvertAll(server.Round(Global, updates), value => (float)value);
            return this;
        }

        private Update Train(int client, double[] server)
        {
            var (w, v, own) = (Array.ConvertAll(Global, value => (double)value), new double[3], Controls[client]);
            for (var step = 0; step < steps; step++)
            {
                var gradient = Clients[client].Gradient(w);
                for (var index = 0; index < w.Length; index++)
                {
                    v[index] = (momentum * v[index]) + gradient[index] - own[index] + server[index];
                    w[index] -= (double)ClientRate * v[index];
                }
            }

            var norm = LocalSteps.Norm(steps, momentum) * ClientRate;
            Controls[client] = [.. own.Select((control, index) => control - server[index] + ((Global[index] - w[index]) / norm))];
            return new Update(Clients[client].Examples, Array.ConvertAll(w, value => (float)value)) { Steps = steps };
        }
    }
}
