using System.Globalization;
using DdmNative.Attribution.Formats;

namespace DdmNative.Gallery;

/// <summary>
/// <c>ddm-gallery CASE DATA FOLDER DDM [PER-CLASS]</c>: one whole case of docs/gallery.md. <c>build/gallery.sh</c> starts it.
/// </summary>
internal static class Program
{
    private static readonly Dictionary<string, Action<GalleryCase>> Cases = new()
    {
        ["mislabelled"] = MislabelledCase.Run,
        ["biased-source"] = BiasedSourceCase.Run,
        ["misclassified"] = MisclassifiedCase.Run,
    };

    private static int Main(string[] arguments)
    {
        if (arguments.Length is not (4 or 5) || !Cases.TryGetValue(arguments[0], out Action<GalleryCase>? run))
        {
            Console.Error.WriteLine($"gallery: expected one of {string.Join(", ", Cases.Keys)}; build/gallery.sh says the rest.");
            return 2;
        }

        try
        {
            int perClass = arguments.Length == 5 ? int.Parse(arguments[4], CultureInfo.InvariantCulture) : GalleryCase.UsualPerClass;
            var galleryCase = new GalleryCase(arguments[0], arguments[1], arguments[2], arguments[3], perClass);
            run(galleryCase);
            galleryCase.Finish();
            return 0;
        }
        catch (BadInputException e)
        {
            Console.Error.WriteLine($"gallery: {e.Message}");
            return 3;
        }
        catch (DdmFailedException e)
        {
            // ddm has printed its own message.
            Console.Error.WriteLine($"gallery: {e.Message}");
            return e.ExitCode;
        }
    }
}
