using FlDurable.Api.Sites;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Sites;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>The sites of a state folder.</summary>
public sealed class SiteRegistryTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly WorkDatabase database;
    private readonly SqliteSiteRegistry sites;

    public SiteRegistryTests()
    {
        database = WorkDatabase.Open(folder["state"]);
        sites = new SqliteSiteRegistry(database, time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_key_is_its_sites_and_kept_nowhere()
    {
        var key = (await sites.AddKeyAsync("hospital-7", Cancel))!;

        Assert.StartsWith("site_hospital-7_", key, StringComparison.Ordinal);
        Assert.Equal("hospital-7", await sites.FindByKeyAsync(key, Cancel));
        Assert.Null(await sites.FindByKeyAsync(key[..^1] + (key[^1] == '0' ? '1' : '0'), Cancel));
        Assert.Null(await sites.FindByKeyAsync("site_hospital-7_", Cancel));
        Assert.Null(await sites.FindByKeyAsync(key.Replace("hospital-7", "hospital-8", StringComparison.Ordinal), Cancel));
        database.Dispose();
        Assert.All(
            Directory.GetFiles(folder["state"]),
            file => Assert.DoesNotContain(key.Split('_')[2], System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_of_the_version_before_is_brought_to_this_one_with_what_is_in_it()
    {
        var key = (await sites.AddKeyAsync("hospital-7", Cancel))!;
        database.Dispose();
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder["state"], "work.db")};Pooling=False"))
        {
            connection.Open();
            using var back = connection.CreateCommand();
            back.CommandText = "ALTER TABLE offers DROP COLUMN request; ALTER TABLE offers DROP COLUMN unsuited; ALTER TABLE offers DROP COLUMN refused; ALTER TABLE sites DROP COLUMN refused; DROP TABLE pool; DROP TABLE pool_keys; DROP TABLE pool_workers; PRAGMA user_version = 1;";
            back.ExecuteNonQuery();
        }

        using var opened = WorkDatabase.Open(folder["state"]);

        Assert.Equal("hospital-7", await new SqliteSiteRegistry(opened, time).FindByKeyAsync(key, Cancel));
        Assert.Null(await new SqliteWorkBoard(opened, time).LeaseAsync("hospital-7", new string('0', 32), new string('1', 32), can: null, Cancel));
    }

    [Fact]
    public async Task Two_keys_are_valid_at_once_and_the_older_can_be_taken_away()
    {
        var old = (await sites.AddKeyAsync("a", Cancel))!;
        time.Advance(TimeSpan.FromSeconds(1));
        var next = (await sites.AddKeyAsync("a", Cancel))!;

        Assert.Null(await sites.AddKeyAsync("a", Cancel));
        Assert.Equal(("a", "a"), (await sites.FindByKeyAsync(old, Cancel), await sites.FindByKeyAsync(next, Cancel)));
        Assert.Equal(1, await sites.RevokeAsync("a", sparesNewest: true, Cancel));
        Assert.Equal((null, "a"), (await sites.FindByKeyAsync(old, Cancel), await sites.FindByKeyAsync(next, Cancel)));
        Assert.Equal(1, await sites.RevokeAsync("a", sparesNewest: false, Cancel));
        Assert.Null(await sites.FindByKeyAsync(next, Cancel));
        Assert.Null(await sites.RevokeAsync("b", sparesNewest: false, Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("Hospital")]
    [InlineData("a_b")]
    public async Task A_name_that_could_be_something_else_is_refused(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(() => sites.AddKeyAsync(name, Cancel));

    [Fact]
    public async Task What_a_site_has_is_known_until_its_keys_are_taken_away()
    {
        await sites.AddKeyAsync("a", Cancel);
        var enrolment = new Enrolment(1, new string('0', 32), "1.0", new ImageShape(3, 32, 32), ["cat", "dog"], 10, 2, new string('a', 64));
        Assert.Null(await sites.FindEnrolmentAsync("a", Cancel));

        await sites.EnrolAsync("a", enrolment, Cancel);
        Assert.Equal(12, (await sites.FindEnrolmentAsync("a", Cancel)) is { } found ? found.TrainExamples + found.ValidationExamples : 0);
        await sites.RevokeAsync("a", sparesNewest: false, Cancel);
        Assert.Null(await sites.FindEnrolmentAsync("a", Cancel));
    }

    [Fact]
    public async Task One_process_of_a_site_asks_for_work_until_it_is_not_heard_of_for_a_minute()
    {
        await sites.AddKeyAsync("a", Cancel);

        Assert.True(await sites.ClaimAsync("a", "first", Cancel));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(await sites.ClaimAsync("a", "second", Cancel));
        Assert.True(await sites.ClaimAsync("a", "first", Cancel));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(await sites.ClaimAsync("a", "second", Cancel));
        Assert.False(await sites.ClaimAsync("a", "first", Cancel));
    }

    [Fact]
    public async Task A_second_process_that_is_refused_is_shown_as_long_as_it_asks()
    {
        await sites.AddKeyAsync("a", Cancel);
        await sites.ClaimAsync("a", "first", Cancel);
        Assert.Equal("asking", await StatusAsync());

        await sites.ClaimAsync("a", "second", Cancel);
        Assert.Equal("asking; a second process is refused", await StatusAsync());
        time.Advance(TimeSpan.FromSeconds(91));
        Assert.Equal("seen, not asking", await StatusAsync());
        await sites.ClaimAsync("a", "first", Cancel);
        Assert.Equal("asking", await StatusAsync());

        async Task<string> StatusAsync() => SiteView.Of((await sites.ListAsync(Cancel)).Single(), [], time.GetUtcNow()).Status;
    }

    [Fact]
    public void A_database_of_a_newer_build_is_left_alone()
    {
        database.Dispose();
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder["state"], "work.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<UsageException>(() => WorkDatabase.Open(folder["state"]));
        Assert.Contains("schema version 99", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_processes_share_the_database()
    {
        using var other = WorkDatabase.Open(folder["state"]);
        var key = (await new SqliteSiteRegistry(other, time).AddKeyAsync("a", Cancel))!;

        Assert.Equal("a", await sites.FindByKeyAsync(key, Cancel));
    }
}
