using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>
/// A standard stream whose writes can fail, because of a full disk or a closed descriptor. The caller decides what happens then: a result
/// that cannot be written is an error; progress that cannot be written must not stop the job.
/// </summary>
internal sealed class RefusableWriter(TextWriter inner, Action<Exception> refused) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void WriteLine() => Try(inner.WriteLine);

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (DiskException.IsRefusal(e))
        {
            refused(e);
        }
    }
}
