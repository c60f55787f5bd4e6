using System.Security.Cryptography;
using System.Text;

namespace DdmNative.Runs.Folders;

/// <summary>
/// A text that contains its own SHA-256, computed with zeros in place of the hash, so that a flipped bit or an edited figure is detected
/// when it is read.
/// </summary>
internal static class Seal
{
    /// <summary>The placeholder for the hash.</summary>
    public static string Placeholder { get; } = new('0', 2 * SHA256.HashSizeInBytes);

    /// <summary>Returns the bytes of a text whose last <see cref="Placeholder"/> is replaced by its hash.</summary>
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

    /// <summary>Whether the bytes match the seal.</summary>
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
