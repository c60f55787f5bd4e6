using DdmNative.Attribution.Formats;
using System.Text;
using System.Text.RegularExpressions;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// A web address without user name and password. They are sent only to its own server, as a header, and are never printed or written.
/// </summary>
/// <param name="Url">The address without them.</param>
/// <param name="Authorization">The HTTP Basic authorization header; null if the address contains no user name.</param>
public sealed partial record MirrorAddress(Uri Url, string? Authorization)
{
    private const string Hidden = "***@";

    /// <summary>Separates an address into these parts.</summary>
    public static MirrorAddress Of(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.UserInfo.Length == 0)
            return new MirrorAddress(address, null);
        int colon = address.UserInfo.IndexOf(':', StringComparison.Ordinal);
        string user = Uri.UnescapeDataString(colon < 0 ? address.UserInfo : address.UserInfo[..colon]);
        string password = colon < 0 ? "" : Uri.UnescapeDataString(address.UserInfo[(colon + 1)..]);
        var plain = new UriBuilder(address) { UserName = "", Password = "" };
        return new MirrorAddress(plain.Uri, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    }

    /// <summary>
    /// Returns a text for people in which user names and passwords of addresses are hidden, and control characters are replaced.
    /// </summary>
    public static string Masked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Up to the last such character: in a malformed address a password may contain any character.
        return Printable.Of(Secret().Replace(text, match => match.Groups["scheme"].Value + Hidden));
    }

    /// <summary>Returns an address as the user typed it, which may be malformed, for people.</summary>
    public static string Hide(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        int at = address.LastIndexOf('@'), scheme = address.IndexOf("://", StringComparison.Ordinal),
            colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon < at
            && scheme < at ? (scheme >= 0 ? address[..(scheme + 3)] : "") + Hidden + address[(at + 1)..] : address;
    }

    [GeneratedRegex(@"(?<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^\s'""]*@")]
    private static partial Regex Secret();
}
