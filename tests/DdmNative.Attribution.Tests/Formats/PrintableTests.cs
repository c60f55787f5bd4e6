using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain ~ text", "plain ~ text")]
    [InlineData("Ümläute, 中文, emoji 🙂, × …", "Ümläute, 中文, emoji 🙂, × …")]
    [InlineData("\u001b[31mred\u0007", "·[31mred·")]
    [InlineData("c1\u009b2J, delete\u007f, zero\0", "c1·2J, delete·, zero·")]
    [InlineData("a\u202Eb\u2066c\u200Fd\u061Ce", "a·b·c·d·e")]
    [InlineData("two\nlines\r\n, a\ttab\u2028", "two·lines··, a·tab·")]
    public void What_a_terminal_would_obey_is_a_dot(string text, string shown) => Assert.Equal(shown, Printable.Of(text));

    [Fact]
    public void Ends_of_lines_and_tabs_are_kept_in_a_text_of_several_lines()
        => Assert.Equal("a\tb\nc\r\nd·e·", Printable.OfLines("a\tb\nc\r\nd\re\u001b"));
}
