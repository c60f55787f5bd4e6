using System.Security.Cryptography;
using System.Text;

namespace DdmNative.Runs.Folders;

/// <summary>
/// A text that carries the SHA-256 of itself: of its bytes with zeros where the hash stands, so that a flipped bit or an edited figure is noticed when it is read again.
/// </summary>
internal static class Seal
{
    /// <summary>Stands in the text where the hash is to be.</summary>
    public static string Placeholder { get; } = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>The bytes of a text whose last <see cref="Placeholder"/> has become its hash.</summary>
    /// <exception cref="ArgumentException">There is no placeholder.</exception>
    public static byte[] Close(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int at = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(Placeholder));
        if (at < 0)
            throw new ArgumentException("The text has no placeholder.", nameof(text));
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>Whether the bytes are those that were closed with this seal.</summary>
    public static bool Holds(ReadOnlySpan<byte> bytes, string seal)
    {
        byte[] mark = Encoding.UTF8.GetBytes(seal), open = bytes.ToArray();
        int at = bytes.LastIndexOf(mark);
        if (seal.Length != Placeholder.Length || at < 0)
            return false;
        Encoding.ASCII.GetBytes(Placeholder, open.AsSpan(at));
        return Convert.ToHexStringLower(SHA256.HashData(open)) == seal;
    }
}
