using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class AugmentationTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Images_are_changed_in_training_the_same_way_each_time_and_the_plan_says_so()
    {
        var plain = await workplace.FinishFederationAsync("--id", "plain");
        var one = await workplace.FinishFederationAsync("--id", "one", "--augmentation", "pad=4");
        var again = await workplace.FinishFederationAsync("--id", "again", "--augmentation", "pad=4,flip=true", "--cohort-size", "2");
        var unflipped = await workplace.FinishFederationAsync("--id", "unflipped", "--augmentation", "pad=4,flip=false");

        Assert.Equal(one.Rounds[^1].ParametersSha256, again.Rounds[^1].ParametersSha256);
        Assert.Equal(3, new[] { plain, one, unflipped }.Select(result => result.Rounds[^1].ParametersSha256).Distinct().Count());
        Assert.Equal(plain.Rounds[0].CentralLoss, one.Rounds[0].CentralLoss);
        Assert.Equal(new Augmentation(4), one.Rounds[1].Plan!.Augmentation);
        Assert.Null(plain.Rounds[1].Plan!.Augmentation);
    }

    [Theory]
    [InlineData("pad=32", "augmentation.pad: expected less than the sides of the images, 32×32, got 32")]
    [InlineData("pad=65", "augmentation.pad: expected 0 to 64, got 65")]
    [InlineData("flip=true", "augmentation: expected pad, by how many pixels an image is continued on every side; got none")]
    [InlineData("pad=0,flip=false", "augmentation: expected pad above 0, or flip; with neither nothing is changed")]
    public async Task What_changes_nothing_or_does_not_fit_is_refused(string augmentation, string why)
    {
        var run = await workplace.RunFederationAsync("--augmentation", augmentation);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains(why, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Central_training_changes_images_too()
    {
        string[] train = ["train-central", "--data", Workplace.Data, "--partition", "0", "--clients", "3", "--epochs", "1", "--json"];

        var plain = await workplace.RunAsync(train);
        var changed = await workplace.RunAsync([.. train, "--augmentation", "pad=2"]);

        Assert.Equal((ExitCode.Done, ExitCode.Done), (plain.ExitCode, changed.ExitCode));
        Assert.NotEqual(plain.Output, changed.Output);
    }
}
