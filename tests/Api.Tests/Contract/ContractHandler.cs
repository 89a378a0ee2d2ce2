using System.Text.Json.Nodes;

namespace FlDurable.Api.Tests.Contract;

/// <summary>Holds every answer that passes to the document of the host that gives it.</summary>
internal sealed class ContractHandler(Uri host, string root = FederationPaths.DefaultRoot) : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly SemaphoreSlim reading = new(1);
    private ApiContract? contract;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (method, path) = (request.Method.Method, request.RequestUri!.AbsolutePath);
        var document = await ReadAsync(cancellationToken); // before the answer, with which a host may be gone
        var answer = await base.SendAsync(request, cancellationToken);
        if (path.StartsWith($"{root}/federations", StringComparison.Ordinal))
        {
            var isText = answer.Content.Headers.ContentType is not { MediaType: "application/octet-stream" };
            var content = isText ? await answer.Content.ReadAsByteArrayAsync(cancellationToken) : []; // a file goes on to whoever asked, who may want to see it end too early
            var faults = document.FaultsOf(method, path, answer, CodedContent.Decode(content, answer.Content.Headers.ContentEncoding.SingleOrDefault()));
            Assert.True(faults.Count == 0, $"{method} {request.RequestUri.PathAndQuery}: {(int)answer.StatusCode} is not as the document has it: {string.Join("; ", faults)}");
        }

        return answer;
    }

    protected override void Dispose(bool disposing)
    {
        reading.Dispose();
        base.Dispose(disposing);
    }

    private async Task<ApiContract> ReadAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            if (contract is null)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host, $"{root}/openapi.json"));
                using var answer = await base.SendAsync(request, cancellationToken);
                contract = new ApiContract(JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!.AsObject());
            }

            return contract;
        }
        finally
        {
            reading.Release();
        }
    }
}
