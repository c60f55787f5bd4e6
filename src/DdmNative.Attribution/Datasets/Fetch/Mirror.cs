using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>The source of a dataset's files: a folder on the web (http, https) or a local one (a path, or file:).</summary>
internal sealed class Mirror : IDisposable
{
    private const int MostManifestBytes = 256 << 20;

    private readonly Uri? _address;
    private readonly string? _folder;
    private readonly MirrorClient? _client;
    private readonly DownloadOptions _options;

    private Mirror(string name, MirrorAddress? address, string? folder, DownloadOptions options)
    {
        Name = name;
        _address = address?.Url;
        _folder = folder;
        _client = address is null ? null : new MirrorClient(address, options.Silence);
        _options = options;
    }

    /// <summary>The name for messages: the address without user name and password, or the folder.</summary>
    public string Name { get; }

    /// <exception cref="BadInputException">It is neither a web address nor an existing folder.</exception>
    public static Mirror Open(string address, DownloadOptions options)
    {
        if (Uri.TryCreate(address, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps))
        {
            var plain = MirrorAddress.Of(new Uri(address.TrimEnd('/') + "/"));
            return new Mirror(plain.Url.ToString().TrimEnd('/'), plain, null, options);
        }

        string folder = url is { IsFile: true } ? url.LocalPath : address;
        return Directory.Exists(folder)
            ? new Mirror(address.TrimEnd('/'), null, folder, options)
            : throw new BadInputException(MirrorAddress.Hide(address), "mirror", "no such folder",
                "an address http://… or https://…, or a folder (file:///… or a path)", "Correct --mirror.");
    }

    /// <summary>Downloads a complete file into a part file.</summary>
    /// <exception cref="BadInputException">It does not exist, or could not be read.</exception>
    /// <exception cref="DiskException">It could not be written.</exception>
    public void Fetch(string name, PartFile part, Action<long, long> onProgress, Action<string> onRetry, CancellationToken stop)
    {
        if (_folder is null)
        {
            new ResumableDownload(_client!, UrlOf(name), _options) { OnProgress = onProgress, OnRetry = onRetry }.Into(part, stop);
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

    /// <summary>The mirror's own list of checksums; null if it has none.</summary>
    /// <exception cref="BadInputException">It is not available, or is not a valid list.</exception>
    public ChecksumManifest? Manifest(Action<string> onRetry, CancellationToken stop)
    {
        if (_folder is not null)
            return File.Exists(Path.Combine(_folder, ChecksumManifest.FileName))
                ? ChecksumManifest.Read(Path.Combine(_folder, ChecksumManifest.FileName)) : null;
        Uri url = UrlOf(ChecksumManifest.FileName);
        var arrived = new MemoryArrival();
        var download = new ResumableDownload(_client!, url, _options) { OnRetry = onRetry, MostBytes = MostManifestBytes,
            MayBeAbsent = true };
        return download.Into(arrived, stop) ? ChecksumManifest.Parse(url.ToString(), arrived.ToArray()) : null;
    }

    public void Dispose() => _client?.Dispose();

    private Uri UrlOf(string name) => new(_address!.AbsoluteUri + string.Join('/', name.Split('/').Select(Uri.EscapeDataString)));
}
