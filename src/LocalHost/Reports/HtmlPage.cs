using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using FlDurable.LocalHost.Pictures;

namespace FlDurable.LocalHost.Reports;

/// <summary>A page in one file, to be read and printed: it loads nothing and runs nothing, and its policy says so. All text that is put on it is text.</summary>
internal sealed partial class HtmlPage
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
        <title>{0}</title>
        <style>
        :root {{ color-scheme: light; }}
        body {{ margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 72rem; font: 15px/1.45 system-ui, "DejaVu Sans", Verdana, sans-serif; color: #1b1f24; background: #fff; }}
        h1 {{ font-size: 1.6rem; margin: 0 0 .2rem; }}
        h2 {{ font-size: 1.15rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #d0d7de; padding-bottom: .2rem; }}
        p {{ margin: .4rem 0; }}
        .muted {{ color: #57606a; }}
        .bad {{ color: #b3261e; }}
        figure {{ margin: .8rem 0; overflow-x: auto; break-inside: avoid; }}
        figure svg {{ width: 100%; min-width: 34rem; height: auto; display: block; }}
        .wide {{ overflow-x: auto; }}
        table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; }}
        th, td {{ padding: .18rem .45rem; text-align: right; vertical-align: top; border-bottom: 1px solid #e5e8eb; }}
        th {{ font-weight: 600; vertical-align: bottom; }}
        th:first-child, td:first-child, .text td, .text th {{ text-align: left; }}
        .text td + td {{ overflow-wrap: anywhere; min-width: 6rem; }}
        table:not(.text) td {{ white-space: nowrap; }}
        thead {{ display: table-header-group; }}
        tr {{ break-inside: avoid; }}
        ul {{ margin: .4rem 0; padding-left: 1.2rem; }}
        @media print {{ body {{ max-width: none; padding: 0; font-size: 10pt; }} .wide, figure {{ overflow: visible; }} figure svg {{ min-width: 0; }} table {{ font-size: 7.5pt; }} th, td {{ padding: .1rem .22rem; }} h2 {{ break-after: avoid; }} @page {{ margin: 15mm; }} }}
        </style>
        </head>
        <body>

        """;

    private static readonly CompositeFormat HeadFormat = CompositeFormat.Parse(Head);

    private readonly StringBuilder page = new();
    private int figures;

    /// <param name="title">Its title, which stands above it too.</param>
    public HtmlPage(string title)
    {
        page.AppendFormat(CultureInfo.InvariantCulture, HeadFormat, Encode(title));
        Add("h1", title);
    }

    /// <summary>Begins a section.</summary>
    public void Heading(string text) => Add("h2", text);

    /// <summary>Adds a line of text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="kind"><c>muted</c>, <c>bad</c>, or nothing.</param>
    public void Paragraph(string text, string? kind = null) => Add("p", text, kind);

    /// <summary>Adds a list of lines.</summary>
    public void List(IEnumerable<string> lines)
    {
        page.Append("<ul>\n");
        foreach (var line in lines)
            Add("li", line);
        page.Append("</ul>\n");
    }

    /// <summary>Adds a table.</summary>
    /// <param name="columns">Its headings; empty ones for a table without.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="isText">Whether all columns are text, not only the first.</param>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IEnumerable<string>> rows, bool isText = false)
    {
        page.Append(isText ? "<div class=\"wide\"><table class=\"text\">\n" : "<div class=\"wide\"><table>\n");
        if (columns.Any(column => column.Length > 0))
            page.Append("<thead><tr>").AppendJoin("", columns.Select(column => $"<th scope=\"col\">{Breakable(column)}</th>")).Append("</tr></thead>\n");
        page.Append("<tbody>\n");
        foreach (var row in rows)
            page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Breakable(cell)}</td>")).Append("</tr>\n");
        page.Append("</tbody></table></div>\n");
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="told">What is on it, for who can't see it.</param>
    public void Figure(Picture picture, string told)
    {
        // Names in an SVG document are the whole page's.
        var name = string.Create(CultureInfo.InvariantCulture, $"f{++figures}-");
        var svg = Prolog().Replace(picture.ToSvg(), "");
        svg = OwnName().Replace(svg, match => $"{match.Groups["before"].Value}{name}{match.Groups["name"].Value}");
        svg = Start().Replace(svg, _ => $"<svg viewBox=\"0 0 {picture.Width} {picture.Height}\" style=\"max-width: {picture.Width}px\" role=\"img\" aria-label=\"{Encode(told)}\">", 1);
        page.Append("<figure>").Append(svg.Trim()).Append("</figure>\n");
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes($"{page}</body>\n</html>\n");

    private void Add(string element, string text, string? kind = null) =>
        page.Append('<').Append(element).Append(kind is null ? "" : $" class=\"{kind}\"").Append('>').Append(Encode(text)).Append("</").Append(element).Append(">\n");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A text that is broken, where a column is narrow, at the words that a field's name is made of.</summary>
    private static string Breakable(string text) => string.Join("<wbr>", WordInName().Split(text).Select(Encode));

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z]\\.)(?=[A-Za-z])|(?<=,)(?=[^ 0-9])")]
    private static partial Regex WordInName();

    [GeneratedRegex(@"^\s*<\?xml[^>]*\?>\s*", RegexOptions.ExplicitCapture)]
    private static partial Regex Prolog();

    [GeneratedRegex("(?<before> id=\"|url\\(#|href=\"#)(?<name>[A-Za-z]+_[0-9]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnName();

    [GeneratedRegex("<svg[^>]*>")]
    private static partial Regex Start();
}
