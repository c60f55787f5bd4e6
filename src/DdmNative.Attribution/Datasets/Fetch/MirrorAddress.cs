using DdmNative.Attribution.Formats;
using System.Text;
using System.Text.RegularExpressions;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// An address of the web without the user name and password that it may hold: those go to its own server, as a header, and are never printed or
/// written.
/// </summary>
/// <param name="Url">The address without them.</param>
/// <param name="Authorization">What the server is told of them (HTTP Basic); null where the address holds none.</param>
public sealed partial record MirrorAddress(Uri Url, string? Authorization)
{
    private const string Hidden = "***@";

    /// <summary>Takes an address apart.</summary>
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

    /// <summary>A text for people, in which no address shows a user name or password, and nothing is obeyed by a terminal.</summary>
    public static string Masked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // As far as the last such sign: a password may hold any character where the address is malformed.
        return Printable.Of(Secret().Replace(text, match => match.Groups["scheme"].Value + Hidden));
    }

    /// <summary>An address as the user typed it, for people: also one that is malformed.</summary>
    public static string Hide(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        int at = address.LastIndexOf('@'), scheme = address.IndexOf("://", StringComparison.Ordinal), colon = address.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon < at && scheme < at ? (scheme >= 0 ? address[..(scheme + 3)] : "") + Hidden + address[(at + 1)..] : address;
    }

    [GeneratedRegex(@"(?<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^\s'""]*@")]
    private static partial Regex Secret();
}
