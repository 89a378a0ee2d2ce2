using FlDurable.Orchestrator.Strategies;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>
/// Strategies that work parameter by parameter, against numbers that Flower 1.42.0 and the papers' formulas, worked in double precision,
/// agree on: three parameters, five clients, three rounds in which the clients send the same whatever the server makes of it.
/// </summary>
public sealed class WorkedExampleTests
{
    private static readonly float[] Global = [0.1728515625f, 0.45263671875f, 0.14697265625f];

    private static readonly Update[][] Rounds =
    [
        [
            new(435, [-0.114501953125f, 0.44482421875f, 0.480712890625f]),
            new(381, [0.222900390625f, 0.434326171875f, 0.2666015625f]),
            new(422, [0.16015625f, 0.455322265625f, 0.169189453125f]),
            new(278, [0.154541015625f, 0.45068359375f, 0.2998046875f]),
            new(412, [-0.00830078125f, 0.34228515625f, 0.128173828125f]),
        ],
        [
            new(435, [0.1923828125f, 0.234375f, 0.1337890625f]),
            new(381, [0.080322265625f, 0.382080078125f, 0.26513671875f]),
            new(422, [0.159912109375f, 0.26171875f, 0.4287109375f]),
            new(278, [-0.10107421875f, 0.13525390625f, 0.32958984375f]),
            new(412, [0.17333984375f, 0.165283203125f, 0.27099609375f]),
        ],
        [
            new(435, [0.353759765625f, 0.185302734375f, 0.14697265625f]),
            new(381, [0.163330078125f, 0.32373046875f, 0.167724609375f]),
            new(422, [-0.02685546875f, 0.366455078125f, 0.457763671875f]),
            new(278, [0.026123046875f, 0.319580078125f, 0.1748046875f]),
            new(412, [0.251220703125f, 0.485595703125f, 0.168212890625f]),
        ],
    ];

    [Fact]
    public void FedAvg() => AssertRounds(
        new FedAvg(),
        [0.07377858775285269, 0.42398045963271525, 0.2687949026273988],
        [0.11674771763971732, 0.24049181166526193, 0.28185047450401973],
        [0.1636651383396006, 0.33584062884952026, 0.22765138238297458]);

    [Fact]
    public void FedAvgM() => AssertRounds(
        new FedAvgM(rate: 1, momentum: 0.9),
        [0.07377858775285269, 0.42398045963271525, 0.2687949026273988],
        [0.027582040367284746, 0.21470117845970565, 0.39149049624367865],
        [0.12208824569258948, 0.14748927579381163, 0.33807741663762647]);

    [Fact]
    public void FedAvgM_at_half_the_rate() => AssertRounds(
        new FedAvgM(rate: 0.5, momentum: 0.9),
        [0.12331507512642634, 0.4383085891913576, 0.2078837794386994],
        [0.07544855774685555, 0.32650488382553167, 0.29968713784118906],
        [0.07647698240161437, 0.23054942150828256, 0.3462922826743225]);

    [Fact]
    public void FedAdam() => AssertRounds(
        new FedAdam(rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3, initialV: 0, isCorrected: false),
        [0.0820197363975049, 0.37850575064379915, 0.23938668326379348],
        [0.034482019922249786, 0.2699744461309491, 0.3492608748700123],
        [0.08008593170532646, 0.2205217637690359, 0.35746011619592594]);

    [Fact]
    public void FedAdam_with_Flowers_correction() => AssertRounds(
        new FedAdam(rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3, initialV: 0, isCorrected: true),
        [0.10541258411164085, 0.3975974558557258, 0.2155863551921735],
        [0.060097732582259714, 0.3290469142981002, 0.29109807750022615],
        [0.07273653883232757, 0.2751516581656905, 0.3250282713245046]);

    [Fact]
    public void FedAdam_that_begins_with_as_much_as_the_paper_asks_for() => AssertRounds(
        new FedAdam(rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3, initialV: 1e-6, isCorrected: false),
        [0.0824328790634815, 0.38159017706130216, 0.23910317161138042],
        [0.03467280643515099, 0.2734246874928678, 0.34880596204643344],
        [0.07994159724231661, 0.22071666923839411, 0.3573847593395759]);

    [Fact]
    public void FedYogi() => AssertRounds(
        new FedYogi(rate: 0.01, beta1: 0.9, beta2: 0.99, tau: 1e-3, initialV: 0),
        [0.1637683798897505, 0.4452236219393799, 0.15621405895137935],
        [0.15238774073016506, 0.4345871152344033, 0.16893167109059454],
        [0.14313231081283537, 0.4217801015853802, 0.18283113228828024]);

    [Fact]
    public void FedAdagrad() => AssertRounds(
        new FedAdagrad(rate: 0.1, tau: 1e-3, initialV: 0),
        [0.07385083328467157, 0.3560086882086063, 0.24615847149968428],
        [0.11321982660893457, 0.2597592155931139, 0.27405522565821805],
        [0.15519982093821377, 0.3132406533345746, 0.23997454153645015]);

    [Fact]
    public void FedMedian() => AssertRounds(
        new FedMedian(), Rounds.Select(updates => Column(updates, column => column.Order().ElementAt(2))).ToArray());

    [Fact]
    public void FedTrimmedAvg_without_the_least_and_the_largest() => AssertRounds(
        new FedTrimmedAvg(beta: 0.2), Rounds.Select(updates => Column(updates, column => column.Order().Skip(1).Take(3).Average())).ToArray());

    private static double[] Column(Update[] updates, Func<IEnumerable<double>, double> rule) =>
        [.. Enumerable.Range(0, Global.Length).Select(index => rule(updates.Select(update => (double)update.Parameters[index])))];

    /// <summary>The first round to the last digits; those after start from parameters in single precision.</summary>
    private static void AssertRounds(IAggregation aggregation, params double[][] expected)
    {
        var run = new StrategyRun(aggregation, Global.Length);
        var global = Global;
        for (var round = 0; round < Rounds.Length; round++)
        {
            var next = run.Round(global, Rounds[round]);
            for (var index = 0; index < next.Length; index++)
                Assert.Equal(expected[round][index], next[index], round == 0 ? 1e-14 : 5e-7);
            global = Array.ConvertAll(next, value => (float)value);
        }
    }
}
