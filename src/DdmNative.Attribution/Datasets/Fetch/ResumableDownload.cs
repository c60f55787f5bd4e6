using System.Net;
using System.Net.Http.Headers;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// Downloads one file over HTTP. It resumes where an earlier try ended (Range, with If-Range if the server gave a validator), starts again
/// if the server has another file or does not support ranges, and tries again after a wait if the connection breaks, no data arrive, or the
/// server answers 408, 429 or 5xx. A write error is not an error of the connection, and is not tried again.
/// </summary>
internal sealed class ResumableDownload(MirrorClient client, Uri url, DownloadOptions options)
{
    /// <summary>More than the size of any file of the datasets.</summary>
    private const long MostFileBytes = 4L << 30;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Called with (bytes received, total bytes); the total is 0 if the server does not report it.</summary>
    public Action<long, long>? OnProgress { get; init; }

    /// <summary>Called with the reason why a try failed, and what is done next.</summary>
    public Action<string>? OnRetry { get; init; }

    /// <summary>The maximum size of a file.</summary>
    public long MostBytes { get; init; } = MostFileBytes;

    /// <summary>Whether the file may be missing on the server.</summary>
    public bool MayBeAbsent { get; init; }

    /// <summary>Downloads the complete file.</summary>
    /// <returns>False if the server reports that it has no such file, and that is allowed.</returns>
    /// <exception cref="BadInputException">The server has no such file, or did not send it.</exception>
    /// <exception cref="DiskException">The received data could not be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the data received so far are kept.</exception>
    public bool Into(IArrival part, CancellationToken stop)
    {
        for (int failures = 0; ;)
        {
            long before = part.Length;
            TimeSpan? asked = null;
            string cause;
            try
            {
                if (Try(part, stop, out cause, out asked) is bool there)
                    return there;
            }
            catch (HttpRequestException e)
            {
                cause = MirrorClient.Describe(e);
            }
            catch (IOException e) when (e is not DiskException)
            {
                cause = MirrorAddress.Masked($"the connection broke ({e.Message})");
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                cause = $"no data arrived for {options.Silence.TotalSeconds:0.#} s";
            }

            stop.ThrowIfCancellationRequested();
            failures = part.Length > before ? 1 : failures + 1;
            if (failures >= options.Attempts)
                throw new BadInputException(url.ToString(), $"byte {part.Length}", $"{cause}, {failures} times in a row",
                    "the complete file", "Check the address and the network, or use another --mirror; the same command resumes the "
                    + "download.");
            TimeSpan wait = asked ?? options.FirstWait * Math.Pow(2, failures - 1);
            wait = wait < LongestWait ? wait : LongestWait;
            OnRetry?.Invoke($"{url}: {cause}; trying again in {wait.TotalSeconds:0.#} s from byte {part.Length}.");
            stop.WaitHandle.WaitOne(wait);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Sends one request: returns whether the file is complete; null if the request may be repeated.</summary>
    private bool? Try(IArrival part, CancellationToken stop, out string cause, out TimeSpan? wait)
    {
        (cause, wait) = ("", null);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        long from = part.Length;
        using HttpResponseMessage response = client.Get(url, headers =>
        {
            if (from == 0)
                return;
            headers.Range = new RangeHeaderValue(from, null);
            if (part.Tag is string tag)
                headers.TryAddWithoutValidation("If-Range", tag);
        }, patience);
        if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
        {
            cause = MirrorAddress.Masked($"the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
            wait = response.Headers.RetryAfter?.Delta;
            return null;
        }

        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0)
        {
            // Either the file is already complete, or the received part belongs to a longer file.
            if (response.Content.Headers.ContentRange?.Length == from)
                return true;
            part.Restart(null);
            cause = "the server's file is shorter than the received part";
            return null;
        }

        if (MayBeAbsent && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return false;
        if (!response.IsSuccessStatusCode)
            throw new BadInputException(url.ToString(), "answer", $"{(int)response.StatusCode} {response.ReasonPhrase}", "the file",
                response.StatusCode == HttpStatusCode.NotFound
                ? "The mirror has no such file: check --mirror, the folder that contains the files."
                    : "Check that the mirror may be read, or use another with --mirror.");

        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && range?.From == from;
        if (response.StatusCode == HttpStatusCode.PartialContent && !goesOn)
        {
            part.Restart(null);
            cause = $"the server sent bytes from {range?.From?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nowhere"} "
                + $"when those from {from} were requested";
            return null;
        }

        if (!goesOn)
            part.Restart(ValidatorOf(response));
        long? total = goesOn ? range!.Length : response.Content.Headers.ContentLength;
        if (total > MostBytes)
            throw new BadInputException(url.ToString(), "size", $"{total} bytes", $"at most {MostBytes}",
                "This is not a dataset's file: check --mirror.");
        Receive(part, response, total, patience);
        if (total is null || part.Length == total)
            return true;
        cause = $"the connection ended after {part.Length} of {total} bytes";
        return null;
    }

    private void Receive(IArrival part, HttpResponseMessage response, long? total, CancellationTokenSource patience)
    {
        using Stream content = response.Content.ReadAsStream(patience.Token);
        var buffer = new byte[1 << 16];
        try
        {
            while (true)
            {
                patience.CancelAfter(options.Silence);
                int read = content.ReadAsync(buffer, patience.Token).AsTask().GetAwaiter().GetResult();
                if (read == 0)
                    return;
                if (part.Length + read > (total ?? MostBytes))
                    throw new BadInputException(url.ToString(), "size", $"more than {total ?? MostBytes} bytes",
                        "as many as the server announced", "Check --mirror.");
                part.Append(buffer.AsSpan(0, read));
                OnProgress?.Invoke(part.Length, total ?? 0);
            }
        }
        finally
        {
            part.Flush();
        }
    }

    /// <summary>A weak ETag does not guarantee identical bytes.</summary>
    private static string? ValidatorOf(HttpResponseMessage response)
        => response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : response.Headers.ETag is null
            && response.Content.Headers.LastModified is DateTimeOffset date ? date.ToString("R") : null;
}
