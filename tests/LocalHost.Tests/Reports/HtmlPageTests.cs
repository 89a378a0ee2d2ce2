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

    [Fact]
    public void Names_of_fields_are_broken_between_their_words_alone()
    {
        var page = new HtmlPage("page");
        page.Table(["central.balancedAccuracy"], [["learningRate", "macroF1,balancedAccuracy"], ["partitioner", "1,600"]], isText: true);

        var written = Encoding.UTF8.GetString(page.ToBytes());

        Assert.Contains("central.<wbr>balanced<wbr>Accuracy", written, StringComparison.Ordinal);
        Assert.Contains("<td>learning<wbr>Rate</td><td>macro<wbr>F1,<wbr>balanced<wbr>Accuracy</td>", written, StringComparison.Ordinal);
        Assert.Contains("<td>partitioner</td><td>1,600</td>", written, StringComparison.Ordinal);
    }
}
