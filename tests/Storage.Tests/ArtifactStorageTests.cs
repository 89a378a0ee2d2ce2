using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class ArtifactStorageTests
{
    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1/fldurable")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=account;AccountKey=c2VjcmV0", "https://account.blob.core.windows.net/fldurable")]
    [InlineData("BlobEndpoint=https://account.blob.core.windows.net;SharedAccessSignature=sv=x&sig=c2VjcmV0", "https://account.blob.core.windows.net/fldurable")]
    [InlineData("UseDevelopmentStorage=true;Container=hospital-7", "http://127.0.0.1:10000/devstoreaccount1/hospital-7")]
    [InlineData("container=hospital-7; UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1/hospital-7")]
    [InlineData("AccountName=account;Container=hospital-7;AccountKey=c2VjcmV0", "https://account.blob.core.windows.net/hospital-7")]
    [InlineData("https://account.blob.core.windows.net", "https://account.blob.core.windows.net/fldurable")]
    [InlineData("https://account.blob.core.windows.net/", "https://account.blob.core.windows.net/fldurable")]
    [InlineData("https://account.blob.core.windows.net/hospital-7", "https://account.blob.core.windows.net/hospital-7")]
    [InlineData("https://account.privatelink.blob.core.usgovcloudapi.net/c01", "https://account.privatelink.blob.core.usgovcloudapi.net/c01")]
    public void A_connection_names_a_container(string connection, string address) =>
        Assert.Equal(address, Assert.IsType<AzureBlobArtifactStore>(ArtifactStorage.Open(connection)).Address);

    [Fact]
    public void The_container_can_be_chosen() =>
        Assert.EndsWith(
            "/devstoreaccount1/other",
            Assert.IsType<AzureBlobArtifactStore>(
                ArtifactStorage.Open("UseDevelopmentStorage=true", new AzureBlobStorageOptions { Container = "other" })).Address,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("", "isn't understood")]
    [InlineData("nonsense", "isn't understood")]
    [InlineData("UseDevelopmentStorage=treu", "isn't understood")]
    [InlineData("AccountName=account;AccountKey=pa55!", "isn't understood")] // no Base64
    [InlineData("AccountKey=pa55", "isn't understood")]
    [InlineData("AccountName=account;pa55", "isn't understood")]
    [InlineData("AccountName=account;AccountKey=c2VjcmV0;AccountKey=pa55", "isn't understood")]
    [InlineData("BlobEndpoint=pa55://;AccountName=account;AccountKey=pa55!", "isn't understood")]
    [InlineData("UseDevelopmentStorage=true;Container=Upper", "'Upper' is no container's name")]
    [InlineData("UseDevelopmentStorage=true;Container=", "'' is no container's name")]
    [InlineData("UseDevelopmentStorage=true;Container=a;Container=b", "names 2 containers")]
    [InlineData("://pa55", "is no URL")]
    [InlineData("http://account.blob.core.windows.net", "is http, which")]
    [InlineData("ftp://account.blob.core.windows.net", "is ftp, which")]
    [InlineData("https://account.blob.core.windows.net/c?sv=x&sig=pa55", "holds a signature")]
    [InlineData("https://user:pa55@account.blob.core.windows.net/c", "holds a signature or password")]
    [InlineData("https://account.blob.core.windows.net/container/blob", "goes on after the container")]
    [InlineData("https://account.blob.core.windows.net/Container", "'Container' is no container's name")]
    [InlineData("https://account.blob.core.windows.net/a--b", "'a--b' is no container's name")]
    public void A_connection_that_is_none_is_one_clear_error_without_the_secret(string connection, string because)
    {
        var error = Assert.Throws<ArtifactStoreException>(() => ArtifactStorage.Open(connection));

        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pa55", error.ToString(), StringComparison.Ordinal);
    }
}
