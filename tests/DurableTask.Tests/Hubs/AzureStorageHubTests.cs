using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Sas;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class AzureStorageHubTests(StorageFixture storage)
{
    private static readonly AzureStorageHub Local = new() { Connection = "UseDevelopmentStorage=true", Name = "fldurable" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_account_that_nobody_answers_for_is_named_once_whatever_it_was_tried()
    {
        const string nobody = "http://127.0.0.1:9/devstoreaccount1";
        var hub = Local with { Connection = $"AccountName=devstoreaccount1;AccountKey=bm90aGluZw==;BlobEndpoint={nobody};QueueEndpoint={nobody};TableEndpoint={nobody}" };

        var exception = await Assert.ThrowsAsync<TaskHubException>(() => hub.CountPartitionsAsync(Cancel));

        Assert.StartsWith("task hub 'fldurable' can't be reached: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("1hub")]
    [InlineData("my-hub")]
    [InlineData("hub\n")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_name_that_queues_tables_and_containers_could_not_have_is_refused(string name) =>
        Refused(Local with { Name = name }, "3 to 45 letters and digits");

    [Fact]
    public void Numbers_out_of_their_ranges_are_refused()
    {
        Refused(Local with { Partitions = 0 }, "expected 1 to 16");
        Refused(Local with { Partitions = 17 }, "expected 1 to 16");
        Refused(Local with { Parallelism = 0 }, "expected 1 or more");
        Refused(Local with { LockTimeout = TimeSpan.FromSeconds(14) }, "expected 15 to 60");
        Refused(Local with { LockTimeout = TimeSpan.FromSeconds(61) }, "expected 15 to 60");
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("AccountName=x;AccountKey=secret")]
    [InlineData("http://account.blob.core.windows.net")]
    [InlineData("https://account.blob.core.windows.net/container")]
    [InlineData("https://account.blob.core.windows.net?sig=secret")]
    [InlineData("https://user:secret@account.blob.core.windows.net")]
    [InlineData("https://example.org")]
    public void A_connection_that_is_none_is_refused_and_not_repeated(string connection) => Assert.DoesNotContain(
        "secret", Refused(Local with { Connection = connection }, "expected UseDevelopmentStorage=true"), StringComparison.Ordinal);

    [Theory]
    [InlineData("UseDevelopmentStorage=true")]
    [InlineData("https://account.blob.core.windows.net")]
    public void A_connection_is_opened_without_being_used(string connection) =>
        Assert.NotNull((Local with { Connection = connection }).Open(NullLoggerFactory.Instance));

    [Fact]
    public async Task A_hub_keeps_the_number_of_partitions_that_it_was_made_with()
    {
        var hub = storage.NewHub() with { Partitions = 2 };
        await hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel);
        await hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel);
        var other = (hub with { Partitions = 3 }).Open(NullLoggerFactory.Instance);
        var exception = await Assert.ThrowsAsync<TaskHubException>(() => other.PrepareAsync(Cancel));
        Assert.Equal(
            $"task hub '{hub.Name}' was made with 2 partitions, which can't be changed to 3: use 2, or another hub", exception.Message);
    }

    [Fact]
    public async Task Of_many_that_make_a_hub_at_once_one_decides_on_its_partitions()
    {
        var hub = storage.NewHub();
        var decided = await Task.WhenAll(Enumerable.Range(1, 16).Select(partitions => hub.DecidePartitionsAsync(partitions, Cancel)));
        var one = Assert.Single(decided.Distinct());
        Assert.Equal(one, await hub.CountPartitionsAsync(Cancel));
    }

    [Fact]
    public async Task A_hub_whose_maker_was_killed_before_it_had_made_all_partitions_keeps_the_number_that_was_decided()
    {
        var hub = storage.NewHub() with { Partitions = 3 };
        Assert.Equal(3, await hub.DecidePartitionsAsync(3, Cancel));
        var leases = new TableClient(hub.Connection, $"{hub.Name}Partitions");
        await leases.CreateAsync(Cancel);
        await leases.AddEntityAsync(new TableEntity("", $"{hub.Name}-control-00"), Cancel);
        Assert.Equal(3, await hub.CountPartitionsAsync(Cancel));
        await hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel);
        Assert.Equal(3, await leases.QueryAsync<TableEntity>(cancellationToken: Cancel).CountAsync(Cancel));
    }

    [Fact]
    public async Task A_hub_of_another_application_that_keeps_its_leases_in_a_table_is_refused_and_left_as_it_is()
    {
        var hub = storage.NewHub();
        var leases = new TableClient(hub.Connection, $"{hub.Name}Partitions");
        await leases.CreateAsync(Cancel);
        await leases.AddEntityAsync(new TableEntity("", $"{hub.Name}-control-00"), Cancel);
        foreach (var ask in (Func<Task>[])[() => hub.DecidePartitionsAsync(1, Cancel), () => hub.CountPartitionsAsync(Cancel), () => hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel)])
        {
            var exception = await Assert.ThrowsAsync<TaskHubException>(ask);
            Assert.StartsWith($"task hub '{hub.Name}' was made by another application, which has no nodes", exception.Message, StringComparison.Ordinal);
        }

        var tables = new TableServiceClient(hub.Connection).QueryAsync(table => table.Name == $"{hub.Name}Nodes", cancellationToken: Cancel);
        Assert.False(await tables.AnyAsync(Cancel));
    }

    [Fact]
    public async Task A_hub_whose_leases_another_application_keeps_in_blobs_is_refused()
    {
        var hub = storage.NewHub();
        var container = new BlobContainerClient(hub.Connection, $"{hub.Name}-leases");
        await container.CreateAsync(cancellationToken: Cancel);
        await container.UploadBlobAsync("taskhub.json", BinaryData.FromString("""{"PartitionCount":4}"""), Cancel);
        var exception = await Assert.ThrowsAsync<TaskHubException>(() => hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel));
        Assert.Equal(
            $"task hub '{hub.Name}' was made by another application, which keeps its leases in blobs ('{hub.Name}-leases/taskhub.json'): use another name",
            exception.Message);
    }

    [Fact]
    public async Task Whoever_may_use_an_account_s_blobs_alone_is_told_which_roles_are_needed()
    {
        var account = new TableServiceClient(storage.ConnectionString);
        var shared = new BlobServiceClient(storage.ConnectionString).GenerateAccountSasUri(
            AccountSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1), AccountSasResourceTypes.All);
        var hub = storage.NewHub() with
        {
            Connection = $"BlobEndpoint={shared.GetLeftPart(UriPartial.Path)};TableEndpoint={account.Uri};"
                + $"QueueEndpoint={new QueueServiceClient(storage.ConnectionString).Uri};SharedAccessSignature={shared.Query[1..]}",
        };
        var exception = await Assert.ThrowsAsync<TaskHubException>(() => hub.Open(NullLoggerFactory.Instance).PrepareAsync(Cancel));
        Assert.StartsWith($"task hub '{hub.Name}' can't be used: the storage account refuses it; ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Storage Queue", exception.Message, StringComparison.Ordinal);
    }

    private static string Refused(AzureStorageHub hub, string expected)
    {
        var message = Assert.Throws<TaskHubException>(() => hub.Open(NullLoggerFactory.Instance)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        return message;
    }
}
