using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Specs;

public sealed class ScheduleTests
{
    private static readonly SpecReader Reader = new(Registered.Table());

    [Theory]
    [InlineData("0.1", new[] { 0.1, 0.1, 0.1 })]
    [InlineData("[0.3]", new[] { 0.3, 0.3 })]
    [InlineData("[0.3,0.2,0.1]", new[] { 0.3, 0.2, 0.1, 0.1, 0.1 })]
    [InlineData("""{"initial":0.5}""", new[] { 0.5, 0.5 })]
    [InlineData("""{"initial":0.5,"step":2,"factor":0.5}""", new[] { 0.5, 0.5, 0.25, 0.25, 0.125 })]
    [InlineData("""{"initial":1,"cosine":2}""", new[] { 1, 0.5 })]
    [InlineData("""{"initial":1,"cosine":2,"final":0.5}""", new[] { 1, 0.75, 0.5, 0.5 })]
    [InlineData("""{"initial":1,"warmUp":3}""", new[] { 0.25, 0.5, 0.75, 1, 1 })]
    [InlineData("""{"initial":1,"warmUp":1,"step":1,"factor":0.5}""", new[] { 0.5, 1, 0.5, 0.25 })]
    [InlineData("""{"initial":1,"warmUp":1,"cosine":2,"final":0.5}""", new[] { 0.5, 1, 0.75, 0.5 })]
    public void Each_round_has_its_number(string schedule, double[] numbers)
    {
        var spec = Read($$"""{"rounds":{{numbers.Length}},"learningRate":{{schedule}}}""");

        Assert.Equal(numbers, Enumerable.Range(1, numbers.Length).Select(round => Math.Round(TrainingPlan.Of(spec, round).LearningRate, 15)));
        Assert.Equal(numbers[0], TrainingPlan.Of(spec, round: 0).LearningRate, precision: 15);
    }

    [Fact]
    public void A_cosine_is_the_one_of_mathematics()
    {
        var schedule = Schedule.By(new ScheduleCourse(2, Cosine: 100, Final: 1));

        Assert.All(Enumerable.Range(0, 101), round => Assert.Equal(1 + ((1 + Math.Cos(Math.PI * round / 100)) / 2), schedule.In(round + 1), precision: 14));
    }

    [Fact]
    public void Every_number_of_the_training_can_have_one_and_whole_ones_are_rounded_to_the_nearest()
    {
        var spec = Read("""{"optimizer":"sgd","rounds":4,"epochs":[1,1,2],"batchSize":{"initial":5,"step":1,"factor":1.5},"momentum":[0,0.9],"weightDecay":{"initial":0.1,"cosine":4}}""");

        Assert.Equal([1, 1, 2, 2], Rounds(plan => plan.Epochs));
        Assert.Equal([5, 8, 11, 17], Rounds(plan => plan.BatchSize));
        Assert.Equal([0, 0.9, 0.9, 0.9], Rounds(plan => plan.Momentum));
        Assert.Equal([0.1, 0.085, 0.05, 0.015], Rounds(plan => Math.Round(plan.WeightDecay, 3)));

        IEnumerable<T> Rounds<T>(Func<TrainingPlan, T> of) => Enumerable.Range(1, 4).Select(round => of(TrainingPlan.Of(spec, round)));
    }

    [Theory]
    [InlineData("0.1")]
    [InlineData("[0.3,0.2]")]
    [InlineData("""{"initial":0.5,"step":2,"factor":0.5,"warmUp":1}""")]
    [InlineData("""{"initial":0.5,"cosine":10,"final":0.001}""")]
    public void What_is_written_is_what_was_read(string schedule)
    {
        var spec = Read($$"""{"learningRate":{{schedule}}}""");

        var written = ContractJson.Serialize(spec);

        Assert.Contains($"\"learningRate\":{schedule},", written, StringComparison.Ordinal);
        Assert.Equal(spec.LearningRate, ContractJson.Deserialize<FederationSpec>(written).LearningRate);
        Assert.Equal(spec.LearningRate, Read(written).LearningRate);
    }

    [Fact]
    public void In_a_round_a_spec_has_numbers_alone()
    {
        var spec = Read("""{"epochs":[1,3],"learningRate":{"initial":0.5,"step":1,"factor":0.5}}""").InRound(2);

        Assert.Equal((3, 0.25, true), (spec.Epochs.First, spec.LearningRate.First, spec.LearningRate.IsConstant));
    }

    [Theory]
    [InlineData("""{"epochs":[1,-1,2]}""", "epochs[1]: expected 1 to 1000, got -1")]
    [InlineData("""{"epochs":[]}""", "epochs: expected 1 to 10,000 numbers, one a round, of which the last stays; got 0")]
    [InlineData("""{"epochs":[1,1.5]}""", "epochs[1]: expected a whole number, got 1.5")]
    [InlineData("""{"learningRate":[0.1,"x"]}""", "learningRate[1]: expected a number, got \"x\"")]
    [InlineData("""{"learningRate":[0.1,[0.1]]}""", "learningRate[1]: expected a number, got an array")]
    [InlineData("""{"learningRate":{}}""", "learningRate: expected initial, what it begins with; got none")]
    [InlineData("""{"learningRate":{"initial":null}}""", "learningRate: expected initial, what it begins with; got none")]
    [InlineData("""{"learningRate":{"initial":-1}}""", "learningRate.initial: expected above 0 to 100, got -1")]
    [InlineData("""{"learningRate":{"initial":1,"step":10}}""", "learningRate: expected step and factor together, got step alone")]
    [InlineData("""{"learningRate":{"initial":1,"factor":0.5}}""", "learningRate: expected step and factor together, got factor alone")]
    [InlineData("""{"learningRate":{"initial":1,"step":0,"factor":0.5}}""", "learningRate.step: expected 1 to 1000000, got 0")]
    [InlineData("""{"learningRate":{"initial":1,"step":1,"factor":-0.5}}""", "learningRate.factor: expected above 0 to 1000, got -0.5")]
    [InlineData("""{"learningRate":{"initial":1,"final":0.5}}""", "learningRate: expected cosine with final, got final alone")]
    [InlineData("""{"learningRate":{"initial":1,"cosine":5,"step":1,"factor":2}}""", "learningRate: expected step or cosine, got both")]
    [InlineData("""{"learningRate":{"initial":1,"gamma":5}}""", "learningRate.gamma: unknown option; a schedule has initial, step, factor, cosine, final, warmUp")]
    [InlineData("""{"learningRate":{"initial":1,"initial":2}}""", "learningRate.initial: given twice")]
    [InlineData("""{"learningRate":{"initial":1,"cosine":3}}""", "learningRate: expected above 0 to 100 in every round (round 4 has 0), got initial=1,cosine=3")]
    [InlineData("""{"learningRate":{"initial":1,"step":1,"factor":10}}""", "learningRate: expected above 0 to 100 in every round (round 4 has 1000), got initial=1,step=1,factor=10")]
    [InlineData("""{"epochs":{"initial":1,"step":1,"factor":0.1}}""", "epochs: expected 1 to 1000 in every round (round 2 has 0.1), got initial=1,step=1,factor=0.1")]
    [InlineData("""{"momentum":[0,0.9]}""", "momentum: expected 0 with optimizer adam, which has none, got [0,0.9]")]
    public void A_bad_schedule_is_refused_by_name(string spec, string error) =>
        Assert.Equal(error, Assert.Throws<InvalidSpecException>(() => Read(spec)).Message);

    [Theory]
    [InlineData("""{"keepBest":"accuracy"}""", "keepBest: expected one of centralAccuracy, centralLoss, evaluateAccuracy, evaluateLoss, fitAccuracy, fitLoss, central.balancedAccuracy, central.calibrationError, central.macroF1, central.top5Accuracy, got 'accuracy'")]
    [InlineData("""{"keepBest":"centralLoss","centralEvaluation":false}""", "keepBest: expected a measure that there is (centralEvaluation is false), got 'centralLoss'")]
    [InlineData("""{"keepBest":"evaluateLoss","fractionEvaluate":0}""", "keepBest: expected a measure that there is (fractionEvaluate is 0), got 'evaluateLoss'")]
    [InlineData("""{"stopWhen":5}""", "stopWhen: expected an object with metric and patience, or reaches, got 5")]
    [InlineData("""{"stopWhen":{"patience":2}}""", "stopWhen: expected metric, one of centralAccuracy, centralLoss, evaluateAccuracy, evaluateLoss, fitAccuracy, fitLoss, central.balancedAccuracy, central.calibrationError, central.macroF1, central.top5Accuracy; got none")]
    [InlineData("""{"stopWhen":{"metric":"fitLoss"}}""", "stopWhen: expected patience or reaches, got neither")]
    [InlineData("""{"stopWhen":{"metric":"fitLoss","patience":0}}""", "stopWhen.patience: expected 1 to 1000000, got 0")]
    [InlineData("""{"stopWhen":{"metric":"fitLoss","reaches":-1}}""", "stopWhen.reaches: expected 0 or more, got -1")]
    [InlineData("""{"stopWhen":{"metric":"fitAccuracy","reaches":70}}""", "stopWhen: expected an accuracy of 0 to 1 to reach, got metric=fitAccuracy,reaches=70")]
    [InlineData("""{"stopWhen":{"metric":"evaluateLoss","patience":1},"validationFraction":0}""", "stopWhen: expected a measure that there is (validationFraction is 0), got metric=evaluateLoss,patience=1")]
    public void What_can_not_be_looked_at_is_refused_by_name(string spec, string error) =>
        Assert.Equal(error, Assert.Throws<InvalidSpecException>(() => Read(spec)).Message);

    [Fact]
    public void A_schedule_is_looked_at_in_every_round_that_there_is_and_in_no_other()
    {
        Assert.Equal(3, Read("""{"rounds":3,"learningRate":{"initial":1,"cosine":3}}""").Rounds);
        Assert.NotNull(Read("""{"rounds":1000000,"learningRate":{"initial":1,"step":1,"factor":0.99999}}"""));
    }

    private static FederationSpec Read(string json) => Reader.Read(Encoding.UTF8.GetBytes(json)).Spec;
}
