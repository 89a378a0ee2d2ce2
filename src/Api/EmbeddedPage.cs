using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>
/// A page that is built in: one file, which loads nothing but what the API answers. Its content security policy names its own script and style by their
/// hashes, so that nothing runs that somebody has smuggled into it.
/// </summary>
internal sealed partial class EmbeddedPage
{
    private readonly OpenFile file;
    private readonly string policy;

    private EmbeddedPage(string text)
    {
        file = new OpenFile(Encoding.UTF8.GetBytes(text), MediaTypeNames.Text.Html);
        policy = $"default-src 'none'; connect-src 'self'; script-src {Hash(Script(), text)}; style-src {Hash(Style(), text)}; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>Reads a page of this assembly.</summary>
    /// <param name="resource">Its name.</param>
    /// <param name="needsKey">Whether the page is to know that its calls need a key, so that it makes none without.</param>
    public static EmbeddedPage Read(string resource, bool needsKey = false)
    {
        using var page = new StreamReader(typeof(EmbeddedPage).Assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var text = page.ReadToEnd();
        return new EmbeddedPage(needsKey ? text.Replace("data-key=\"none\"", "data-key=\"needed\"", StringComparison.Ordinal) : text);
    }

    /// <summary>
    /// Answers with the page. What it loads lies beside it: whoever asks for it with a slash at the end would look for that elsewhere, and is led back.
    /// </summary>
    public IResult Answer(HttpRequest request)
    {
        if (request.Path.Value is ['/', .. var path, '/'])
            return TypedResults.Redirect($"../{path.Split('/')[^1]}", permanent: true);
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return file.Answer(request);
    }

    private static string Hash(Regex element, string page) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(element.Match(page).Groups["content"].Value)))}'";

    [GeneratedRegex("<script>(?<content>.*)</script>", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Script();

    [GeneratedRegex("<style>(?<content>.*)</style>", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Style();
}
