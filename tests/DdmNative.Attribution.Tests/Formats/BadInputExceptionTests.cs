using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public class BadInputExceptionTests
{
    [Fact]
    public void The_message_says_where_what_and_what_to_do()
        => Assert.Equal("a.npz, y[3]: found 7, expected 0 to 6. Correct the label.",
            new BadInputException("a.npz", "y[3]", "7", "0 to 6", "Correct the label.").Message);

    [Fact]
    public void Text_out_of_the_file_is_cut_and_cannot_command_a_terminal()
    {
        string message = new BadInputException("a.csv", "line 1", "\u001b[2J" + new string('x', 100_000), "a header", "Add one.").Message;
        Assert.DoesNotContain('\u001b', message);
        Assert.InRange(message.Length, 300, 400);
    }
}
