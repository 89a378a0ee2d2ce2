using System.Text;
using FlDurable.LocalHost.Reports;

namespace FlDurable.LocalHost.Tests.Reports;

public sealed class HtmlPageTests
{
    [Fact]
    public void All_text_that_is_put_on_a_page_is_text()
    {
        const string text = "<script>alert(\"1\")</script>";
        var page = new HtmlPage(text);
        page.Heading(text);
        page.Paragraph(text);
        page.List([text]);
        page.Table([text], [[text]]);

        var written = Encoding.UTF8.GetString(page.ToBytes());

        Assert.DoesNotContain("<script", written, StringComparison.Ordinal);
        Assert.Equal(7, written.Split("&lt;script&gt;alert(&quot;1&quot;)").Length - 1);
    }
}
