using System.Text;
using System.Text.RegularExpressions;

namespace FlDurable.Api.Tests.Support;

/// <summary>A file of requests as editors send them: <c>###</c> begins one, <c>@name = value</c> is a variable, <c>{{name}}</c> its value.</summary>
internal sealed partial class HttpFile
{
    private readonly Dictionary<string, string> variables;

    private HttpFile(IReadOnlyList<HttpFileRequest> requests, Dictionary<string, string> variables)
    {
        Requests = requests;
        this.variables = variables;
    }

    /// <summary>The requests, in order.</summary>
    public IReadOnlyList<HttpFileRequest> Requests { get; }

    /// <param name="path">The file.</param>
    /// <param name="values">Values of variables in place of the file's.</param>
    public static HttpFile Read(string path, params (string Name, string Value)[] values)
    {
        var parts = Separator().Split(File.ReadAllText(path));
        var variables = Variable().Matches(parts[0]).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        foreach (var (name, value) in values)
        {
            Assert.True(variables.ContainsKey(name), $"{path} has no variable {name}");
            variables[name] = value;
        }

        return new HttpFile([.. parts.Skip(1).Select(HttpFileRequest.Parse)], variables);
    }

    /// <summary>What an editor sends.</summary>
    public HttpRequestMessage Message(HttpFileRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), Fill(request.Url));
        if (request.Body.Length > 0)
            message.Content = new StringContent(Fill(request.Body), Encoding.UTF8, "application/json");
        foreach (var (name, value) in request.Headers.Where(header => header.Name != "Content-Type"))
            message.Headers.Add(name, Fill(value));
        return message;
    }

    private string Fill(string text) => Use().Replace(text, match => variables[match.Groups[1].Value]);

    [GeneratedRegex("^### ?", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^@(\w+) *= *(.*)$", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Use();
}

/// <summary>One request of a file, its variables not filled in.</summary>
internal sealed record HttpFileRequest(string Title, string Method, string Url, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public static HttpFileRequest Parse(string text)
    {
        var (head, body) = text.ReplaceLineEndings("\n").Split("\n\n", 2) is [var first, var second] ? (first, second.Trim()) : (text.Trim(), "");
        var lines = head.Split('\n', StringSplitOptions.TrimEntries);
        var request = lines[1].Split(' ', 2);
        return new HttpFileRequest(lines[0], request[0], request[1], [.. lines.Skip(2).Where(line => line.Length > 0).Select(Header)], body);
    }

    private static (string Name, string Value) Header(string line)
    {
        var parts = line.Split(':', 2);
        return (parts[0], parts[1].Trim());
    }
}
