using DdmNative.Attribution.Formats;

namespace DdmNative.Runs.Reports;

/// <summary>Capitals, digits and a few signs, five pixels high, for labels in a picture; a block for any other character.</summary>
internal static class PixelFont
{
    public const int Height = 5;

    private const string Block = "### ### ### ### ###";

    /// <summary>The rows of each character, from top to bottom.</summary>
    private static readonly Dictionary<char, string> Rows = new()
    {
        ['A'] = ".##. #..# #### #..# #..#",
        ['B'] = "###. #..# ###. #..# ###.",
        ['C'] = ".### #... #... #... .###",
        ['D'] = "###. #..# #..# #..# ###.",
        ['E'] = "#### #... ###. #... ####",
        ['F'] = "#### #... ###. #... #...",
        ['G'] = ".### #... #.## #..# .###",
        ['H'] = "#..# #..# #### #..# #..#",
        ['I'] = "### .#. .#. .#. ###",
        ['J'] = "..## ...# ...# #..# .##.",
        ['K'] = "#..# #.#. ##.. #.#. #..#",
        ['L'] = "#... #... #... #... ####",
        ['M'] = "#...# ##.## #.#.# #...# #...#",
        ['N'] = "#..# ##.# #.## #..# #..#",
        ['O'] = ".##. #..# #..# #..# .##.",
        ['P'] = "###. #..# ###. #... #...",
        ['Q'] = ".##. #..# #..# #.## .###",
        ['R'] = "###. #..# ###. #.#. #..#",
        ['S'] = ".### #... .##. ...# ###.",
        ['T'] = "### .#. .#. .#. .#.",
        ['U'] = "#..# #..# #..# #..# .##.",
        ['V'] = "#...# #...# .#.#. .#.#. ..#..",
        ['W'] = "#...# #...# #.#.# ##.## #...#",
        ['X'] = "#..# #..# .##. #..# #..#",
        ['Y'] = "#...# .#.#. ..#.. ..#.. ..#..",
        ['Z'] = "#### ...# .##. #... ####",
        ['0'] = "### #.# #.# #.# ###",
        ['1'] = ".#. ##. .#. .#. ###",
        ['2'] = "### ..# ### #.. ###",
        ['3'] = "### ..# .## ..# ###",
        ['4'] = "#.# #.# ### ..# ..#",
        ['5'] = "### #.. ### ..# ###",
        ['6'] = "### #.. ### #.# ###",
        ['7'] = "### ..# .#. .#. .#.",
        ['8'] = "### #.# ### #.# ###",
        ['9'] = "### #.# ### ..# ###",
        ['-'] = "... ... ### ... ...",
        ['_'] = "... ... ... ... ###",
        ['+'] = "... .#. ### .#. ...",
        ['/'] = "..# ..# .#. #.. #..",
        ['.'] = ". . . . #",
        [','] = ".. .. .. .# #.",
        [':'] = ". # . # .",
        ['\''] = "# # . . .",
        ['('] = ".# #. #. #. .#",
        [')'] = "#. .# .# .# #.",
        ['&'] = ".#.. #.#. .#.# #.#. .#.#",
        ['%'] = "#..# ...# .##. #... #..#",
        [' '] = ".. .. .. .. ..",
    };

    /// <summary>The width of a text.</summary>
    /// <param name="text">The text; small letters are drawn as capitals.</param>
    /// <param name="scale">The side of the square that a pixel of a character fills.</param>
    public static int WidthOf(string text, int scale) => scale * (text.Sum(c => RowsOf(c)[0].Length + 1) - 1);

    /// <summary>The text, shortened to a width: its end is left out and marked by two dots.</summary>
    public static string Fit(string text, int width, int scale)
    {
        if (WidthOf(text, scale) <= width)
            return text;
        for (int length = text.Length - 1; length > 0; length--)
            if (WidthOf(text[..length] + "..", scale) <= width)
                return text[..length] + "..";
        return "";
    }

    /// <summary>Draws a text with its top left corner at a place of a picture.</summary>
    public static void Draw(Picture picture, string text, int top, int left, int scale, byte tone)
    {
        foreach (char c in text)
        {
            string[] rows = RowsOf(c);
            for (int y = 0; y < Height * scale; y++)
                for (int x = 0; x < rows[0].Length * scale; x++)
                    if (rows[y / scale][x / scale] == '#')
                        picture.Pixels.AsSpan(((top + y) * picture.Width + left + x) * picture.Channels, picture.Channels).Fill(tone);
            left += (rows[0].Length + 1) * scale;
        }
    }

    private static string[] RowsOf(char c) => Rows.GetValueOrDefault(char.ToUpperInvariant(c), Block).Split(' ');
}
