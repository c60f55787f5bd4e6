using DdmNative.Attribution.Formats;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DdmNative.Cli.Output;

/// <summary>
/// Does the same as <see cref="PrintableWriter"/> for coloured output: it replaces characters in each segment before the colours are added.
/// </summary>
internal sealed class PrintableHook : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables)
        => renderables.Select(renderable => new PrintableRenderable(renderable));

    private sealed class PrintableRenderable(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
            => inner.Render(options, maxWidth).Select(segment => segment.IsControlCode || segment.IsLineBreak ? segment
                : new Segment(Printable.OfLines(segment.Text), segment.Style));
    }
}
