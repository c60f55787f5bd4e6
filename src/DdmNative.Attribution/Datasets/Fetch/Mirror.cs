using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>Where a data set's files lie: a folder on the web (http, https) or here (a path, or file:).</summary>
internal sealed class Mirror : IDisposable
{
    private const int MostManifestBytes = 256 << 20;

    private readonly string _address;
    private readonly string? _folder;
    private readonly Lazy<HttpClient> _client = new(() => new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30), MaxAutomaticRedirections = 10 }) { Timeout = Timeout.InfiniteTimeSpan });
    private readonly DownloadOptions _options;

    private Mirror(string address, string? folder, DownloadOptions options)
    {
        _address = address;
        _folder = folder;
        _options = options;
    }

    /// <exception cref="BadInputException">It is no address of the web and no folder that is there.</exception>
    public static Mirror Open(string address, DownloadOptions options)
    {
        if (Uri.TryCreate(address, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps))
            return new Mirror(address.TrimEnd('/') + "/", null, options);
        string folder = url is { IsFile: true } ? url.LocalPath : address;
        return Directory.Exists(folder) ? new Mirror(address, folder, options) : throw new BadInputException(address, "mirror", "no such folder", "an address http://… or https://…, or a folder (file:///… or a path)", "Correct --mirror.");
    }

    /// <summary>Brings a file into a part file, all of it.</summary>
    /// <exception cref="BadInputException">It is not there, or could not be read.</exception>
    public void Fetch(string name, PartFile part, Action<long, long> onProgress, Action<string> onRetry, CancellationToken stop)
    {
        if (_folder is null)
        {
            new ResumableDownload(_client.Value, UrlOf(name), _options) { OnProgress = onProgress, OnRetry = onRetry }.Into(part, stop);
            return;
        }

        using FileStream file = InputFile.Open(Path.Combine(_folder, name));
        part.Restart(null);
        var buffer = new byte[1 << 20];
        for (int read = file.Read(buffer); read > 0; read = file.Read(buffer))
        {
            stop.ThrowIfCancellationRequested();
            part.Append(buffer.AsSpan(0, read));
            onProgress(part.Length, file.Length);
        }
    }

    /// <summary>The mirror's own list of checksums; null where it has none.</summary>
    public ChecksumManifest? Manifest(CancellationToken stop)
    {
        if (_folder is not null)
            return File.Exists(Path.Combine(_folder, ChecksumManifest.FileName)) ? ChecksumManifest.Read(Path.Combine(_folder, ChecksumManifest.FileName)) : null;
        Uri url = UrlOf(ChecksumManifest.FileName);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(_options.Silence);
            using HttpResponseMessage response = _client.Value.Send(new HttpRequestMessage(HttpMethod.Get, url), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return response.IsSuccessStatusCode ? ChecksumManifest.Parse(url.ToString(), InputFile.ReadUpTo(response.Content.ReadAsStream(patience.Token), url.ToString(), MostManifestBytes)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            throw new BadInputException(url.ToString(), "list of checksums", $"an error ({e.Message})", "an answer", "Check --mirror and the network.", e);
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
            _client.Value.Dispose();
    }

    private Uri UrlOf(string name) => new(_address + string.Join('/', name.Split('/').Select(Uri.EscapeDataString)));
}
