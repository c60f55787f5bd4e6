using System.Text;
using DdmNative.Attribution.Formats;

namespace DdmNative.Cli.Output;

/// <summary>
/// A standard stream that may be refused: a full disk or a closed descriptor behind it. What then happens is the caller's to say: a result that cannot be handed over is an error, progress that nobody
/// can read must not cost the job.
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
