using System.Text.Json;
using FlDurable.Azurite;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

/// <summary>Artifacts in the accounts of others.</summary>
public sealed class ArtifactAccountsTests(ArtifactAccountsTests.Accounts accounts) : IClassFixture<ArtifactAccountsTests.Accounts>
{
    private readonly string name = $"datasets/{Guid.NewGuid():N}.bin";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reference_with_an_account_is_read_there_and_one_without_is_read_here()
    {
        var here = await accounts.Own.PutAsync(name, "here"u8.ToArray(), Cancel);
        var there = await accounts.Another.PutAsync(name, "there"u8.ToArray(), Cancel) with { Account = Accounts.Name };

        Assert.Equal("here"u8.ToArray(), await accounts.Joined.ReadAsync(here, Cancel));
        Assert.Equal("there"u8.ToArray(), await accounts.Joined.ReadAsync(there, Cancel));
        var part = new byte[3];
        await accounts.Joined.ReadRangeAsync(there, 1, part, Cancel);
        Assert.Equal("her"u8, part);
    }

    [Fact]
    public async Task What_is_there_is_checked_against_the_reference()
    {
        var expected = await accounts.Own.PutAsync(name, "this"u8.ToArray(), Cancel) with { Account = Accounts.Name };

        await Assert.ThrowsAsync<ArtifactMissingException>(() => accounts.Joined.ReadAsync(expected, Cancel));
        await accounts.Another.PutAsync(name, "that"u8.ToArray(), Cancel);
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => accounts.Joined.ReadAsync(expected, Cancel));
    }

    [Fact]
    public async Task An_account_that_is_not_configured_is_not_read()
    {
        var reference = await accounts.Own.PutAsync(name, "here"u8.ToArray(), Cancel) with { Account = "https://somewhere.example" };

        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => accounts.Joined.ReadAsync(reference, Cancel));

        Assert.Equal(
            $"artifact '{name}' is in the account 'https://somewhere.example', which is none of this host's FLDURABLE_ACCOUNTS", error.Message);
    }

    [Fact]
    public async Task Nothing_is_written_or_deleted_there()
    {
        await accounts.Another.PutAsync(name, "there"u8.ToArray(), Cancel);

        Assert.Null(await accounts.Joined.FindAsync(name, Cancel));
        await accounts.Joined.PutAsync(name, "here"u8.ToArray(), Cancel);
        await accounts.Joined.DeleteAsync(name, Cancel);

        Assert.Null(await accounts.Own.FindAsync(name, Cancel));
        Assert.Equal(5, (await accounts.Another.FindAsync(name, Cancel))!.Length);
    }

    [Fact]
    public void A_reference_to_ones_own_says_nothing_of_accounts() =>
        Assert.Equal("""{"name":"a","length":1,"sha256":"b"}""", ContractJson.Serialize(new ArtifactReference("a", 1, "b")));

    [Theory]
    [InlineData("pa55", "expected JSON like {\"hospital-7\":")]
    [InlineData("null", "expected JSON like")]
    [InlineData("""["pa55"]""", "expected JSON like")]
    [InlineData("""{"a":"https://a.blob.core.windows.net","a":"pa55"}""", "expected JSON like")]
    [InlineData("""{"No Id":"pa55"}""", "expected the name of an account to be 1 to 40 of a-z")]
    [InlineData("""{"a":null}""", "account 'a': the storage connection isn't understood")]
    [InlineData("""{"a":"pa55"}""", "account 'a': the storage connection isn't understood")]
    [InlineData("""{"a":"https://a.blob.core.windows.net/?sig=pa55"}""", "account 'a': the storage URL holds a signature")]
    public void Accounts_that_are_none_are_one_clear_error_without_the_secret(string json, string because)
    {
        var error = Assert.Throws<ArtifactStoreException>(() => ArtifactAccounts.Parse(json));

        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55", error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>One's own account and another's.</summary>
    public sealed class Accounts : IAsyncLifetime
    {
        public const string Name = "hospital-7";

        private IStorageEmulator? emulator;

        public IArtifactStore Own => ArtifactStorage.Open(emulator!.ConnectionString);

        public IArtifactStore Another => ArtifactStorage.Open(emulator!.AnotherConnectionString);

        public IArtifactStore Joined => ArtifactAccounts
            .Parse(JsonSerializer.Serialize(new Dictionary<string, string> { [Name] = emulator!.AnotherConnectionString })).Join(Own);

        public async ValueTask InitializeAsync() => emulator = await TestStorage.StartEmulatorAsync(Cancel);

        public async ValueTask DisposeAsync()
        {
            if (emulator is not null)
                await emulator.DisposeAsync();
        }
    }
}
