using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Storage;

public sealed class ArtifactNamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("fed-1")]
    [InlineData("0123456789012345678901234567890123456789")]
    public void Letters_digits_and_inner_dashes_make_an_id(string id) => Assert.True(ArtifactNames.IsId(id));

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("01234567890123456789012345678901234567890")]
    public void Anything_else_does_not(string id) => Assert.False(ArtifactNames.IsId(id));

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a/.hidden")]
    [InlineData("a\\b")]
    [InlineData("A")]
    [InlineData("a\n")]
    public void What_could_leave_its_folder_is_no_artifact_name(string name) => Assert.False(ArtifactNames.IsName(name));

    [Fact]
    public void Every_name_is_an_artifact_name_also_with_the_longest_id()
    {
        var id = new string('x', ArtifactNames.MaxIdLength);
        string[] names =
        [
            ArtifactNames.DatasetManifest(new string('0', 64)), ArtifactNames.ClientData(new string('0', 64), id), ArtifactNames.TestData("0"),
            ArtifactNames.Spec(id), ArtifactNames.GlobalParameters(id, 1_000_000), ArtifactNames.Selection(id, 1), ArtifactNames.Record(id, 1),
            ArtifactNames.Model(id), ArtifactNames.Result(id), ArtifactNames.Update(id, 1, 10, id),
            ArtifactNames.Cohort(id, 1, 10, RoundPhase.Evaluate, 999_999), ArtifactNames.PartialSum(id, 1, 10, new SelectionRange(0, 1_000_000)),
            ArtifactNames.Subtree(id, 1, 10, RoundPhase.Evaluate, new SelectionRange(0, 1_000_000)),
            ArtifactNames.SelectionPart(id, 1_000_000, RoundPhase.Evaluate, new SelectionRange(999_999, 999_999)),
        ];
        Assert.All(names, name => Assert.True(ArtifactNames.IsName(name), name));
    }

    [Fact]
    public void No_client_can_be_named_like_a_sum() =>
        Assert.False(ArtifactNames.IsId(Path.GetFileNameWithoutExtension(ArtifactNames.PartialSum("f", 1, 1, new SelectionRange(0, 64)))));
}
