using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Tests.Support;

namespace FlDurable.FunctionApp.Tests.Functions;

/// <summary>What stands before every route.</summary>
public sealed class RoutePrefixTests
{
    [Theory]
    [InlineData("""{"version":"2.0","extensions":{"http":{"routePrefix":"fl/api"}}}""", "/fl/api")]
    [InlineData("""{"version":"2.0","extensions":{"http":{"routePrefix":"/fl/"}}} // as some write it""", "/fl")]
    [InlineData("""{"version":"2.0","extensions":{"http":{"routePrefix":""}}}""", "")]
    [InlineData("""{"version":"2.0","extensions":{"http":{}}}""", "/api")]
    [InlineData("""{"version":"2.0","extensions":{}}""", "/api")]
    [InlineData("""{"version":"2.0"}""", "/api")]
    public void It_is_the_one_of_the_hosts_file(string host, string prefix)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["host.json"], host);

        Assert.Equal(prefix, RoutePrefix.Of(folder["host.json"]));
    }

    [Fact]
    public void Without_a_file_it_is_the_Functions_hosts_default()
    {
        using var folder = new TestFolder();
        Assert.Equal("/api", RoutePrefix.Of(folder["host.json"]));
    }
}
