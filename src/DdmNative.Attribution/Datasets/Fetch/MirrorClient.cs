using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Sends requests to a mirror's server. Redirections are followed here, a few of them and only to web addresses, because the framework's
/// errors for malformed or foreign ones would not help the user. A user name and password are sent only to the server that they were given
/// for.
/// </summary>
internal sealed class MirrorClient : IDisposable
{
    private const int MostRedirections = 10;

    private static readonly HttpStatusCode[] Redirections =
        [HttpStatusCode.MovedPermanently, HttpStatusCode.Found, HttpStatusCode.SeeOther, HttpStatusCode.TemporaryRedirect,
        HttpStatusCode.PermanentRedirect];

    private readonly MirrorAddress _mirror;
    private readonly TimeSpan _silence;
    private readonly HttpClient _client;

    /// <param name="mirror">The mirror's address.</param>
    /// <param name="silence">The maximum time for a server's answer.</param>
    public MirrorClient(MirrorAddress mirror, TimeSpan silence)
    {
        _mirror = mirror;
        _silence = silence;
        var handler = new SocketsHttpHandler { ConnectTimeout = silence, AllowAutoRedirect = false, UseCookies = false };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Requests an address, and returns the response after its headers are read.</summary>
    /// <param name="url">The address.</param>
    /// <param name="prepare">Adds headers.</param>
    /// <param name="patience">Ends the request; it is restarted for every server that is contacted.</param>
    /// <exception cref="BadInputException">The server redirects to an unusable address, or the address cannot be requested.</exception>
    /// <exception cref="HttpRequestException">There is no connection.</exception>
    public HttpResponseMessage Get(Uri url, Action<HttpRequestHeaders> prepare, CancellationTokenSource patience)
    {
        Uri now = url;
        for (int redirections = 0; ; redirections++)
        {
            patience.CancelAfter(_silence);
            HttpResponseMessage response = Ask(url, now, prepare, patience.Token);
            if (!Redirections.Contains(response.StatusCode))
                return response;
            using (response)
                now = Next(url, now, response);
            if (redirections == MostRedirections)
                throw Refuse(url, $"more than {MostRedirections} redirections, the last to {now}", "a server that sends the file");
        }
    }

    /// <summary>Describes a connection error for people.</summary>
    public static string Describe(HttpRequestException e) => MirrorAddress.Masked(e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"there is no host of that name ({e.Message})",
        HttpRequestError.SecureConnectionError => $"no secure connection ({e.InnerException?.Message ?? e.Message})",
        _ when e.InnerException is SocketException socket => $"no connection ({socket.Message})",
        _ => $"the connection failed ({e.Message})",
    });

    public void Dispose() => _client.Dispose();

    private HttpResponseMessage Ask(Uri url, Uri now, Action<HttpRequestHeaders> prepare, CancellationToken patience)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, now);
            prepare(request.Headers);
            if (_mirror.Authorization is string authorization && IsOwn(now))
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", authorization);

            // Not Send: cancellation has no effect on it while it resolves a name or opens a connection.
            return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Refuse(url, $"an error ({e.Message})", "an address of the web and an answer that HTTP allows", e);
        }
    }

    private static Uri Next(Uri url, Uri from, HttpResponseMessage response)
    {
        string? said = response.Headers.TryGetValues("Location", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
        const string Expected = "a redirection to an address http://… or https://…";
        if (string.IsNullOrEmpty(said))
            throw Refuse(url, $"the answer {(int)response.StatusCode} without an address", Expected);
        if (!Uri.TryCreate(from, said, out Uri? to))
            throw Refuse(url, $"a redirection to '{said}', which is not an address", Expected);
        if (to.Scheme != Uri.UriSchemeHttp && to.Scheme != Uri.UriSchemeHttps)
            throw Refuse(url, $"a redirection to {to}", Expected);
        if (from.Scheme == Uri.UriSchemeHttps && to.Scheme == Uri.UriSchemeHttp)
            throw Refuse(url, $"a redirection to {to}, which is not secure",
                "a redirection to an address https://…, like the mirror's own");
        return MirrorAddress.Of(to).Url;
    }

    private bool IsOwn(Uri url) => url.Scheme == _mirror.Url.Scheme && url.Host == _mirror.Url.Host && url.Port == _mirror.Url.Port;

    private static BadInputException Refuse(Uri url, string found, string expected, Exception? inner = null)
        => new(url.ToString(), "answer", MirrorAddress.Masked(found), expected, "Check the address, or use another --mirror.", inner);
}
