using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace FlDurable.EndToEnd.Support;

/// <summary>Takes what OpenTelemetry's exporters send by HTTP, or takes it and never answers.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener listener;
    private readonly Task taking;

    /// <param name="answers">Whether it answers.</param>
    public Collector(bool answers = true)
    {
        (listener, Address) = Listen();
        taking = TakeAsync(answers);
    }

    /// <summary>Where it is.</summary>
    public string Address { get; }

    /// <summary>What came, by path; a protobuf message, in which names stand as they are.</summary>
    public ConcurrentDictionary<string, string> Taken { get; } = new(StringComparer.Ordinal);

    /// <summary>The variables that make a process send here.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    public void Dispose()
    {
        listener.Close();
        taking.GetAwaiter().GetResult();
    }

    private static (HttpListener, string) Listen()
    {
        while (true)
        {
            var address = $"http://127.0.0.1:{FreePort.Find()}";
            var listener = new HttpListener { Prefixes = { $"{address}/" } };
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException)
            {
                listener.Close(); // another has taken the port in between
            }
        }
    }

    private async Task TakeAsync(bool answers)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return; // closed
            }

            using var content = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(content);
            var text = Encoding.Latin1.GetString(content.ToArray());
            Taken.AddOrUpdate(context.Request.Url!.AbsolutePath, text, (_, before) => before + text);
            if (answers)
                context.Response.Close();
        }
    }
}
