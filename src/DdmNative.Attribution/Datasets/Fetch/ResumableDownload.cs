using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using DdmNative.Attribution.Formats;

namespace DdmNative.Attribution.Datasets.Fetch;

/// <summary>
/// One file over HTTP into a <see cref="PartFile"/>. It goes on where an earlier try ended (Range, with If-Range where the server gave a validator), begins again where the server has another file or takes
/// no ranges, and tries again after a wait when the connection breaks, nothing arrives, or the server answers 408, 429 or 5xx.
/// </summary>
internal sealed class ResumableDownload(HttpClient client, Uri url, DownloadOptions options)
{
    /// <summary>More than any of the data sets' files.</summary>
    private const long MostBytes = 4L << 30;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>Called as (bytes there, of all; the total is 0 where the server does not say).</summary>
    public Action<long, long>? OnProgress { get; init; }

    /// <summary>Told why a try failed and what comes next.</summary>
    public Action<string>? OnRetry { get; init; }

    /// <summary>Fills the part file with the whole file.</summary>
    /// <exception cref="BadInputException">The server has no such file, or could not be brought to send it.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; what has arrived stays.</exception>
    public void Into(PartFile part, CancellationToken stop)
    {
        for (int failures = 0; ;)
        {
            long before = part.Length;
            TimeSpan? asked = null;
            string cause;
            try
            {
                if (Try(part, stop, out cause, out asked))
                    return;
            }
            catch (HttpRequestException e)
            {
                cause = Describe(e);
            }
            catch (IOException e)
            {
                cause = $"the connection broke ({e.Message})";
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                cause = $"nothing arrived for {options.Silence.TotalSeconds:0.#} s";
            }

            stop.ThrowIfCancellationRequested();
            failures = part.Length > before ? 1 : failures + 1;
            if (failures >= options.Attempts)
                throw new BadInputException(url.ToString(), $"byte {part.Length}", $"{cause}, {failures} times in a row", "the whole file", "Check the address and the network, or name another --mirror; the same command goes on from what is there.");
            TimeSpan wait = asked ?? options.FirstWait * Math.Pow(2, failures - 1);
            wait = wait < LongestWait ? wait : LongestWait;
            OnRetry?.Invoke($"{url}: {cause}; trying again in {wait.TotalSeconds:0.#} s from byte {part.Length}.");
            stop.WaitHandle.WaitOne(wait);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>One request. False where it may be made again.</summary>
    private bool Try(PartFile part, CancellationToken stop, out string cause, out TimeSpan? wait)
    {
        (cause, wait) = ("", null);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(options.Silence);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        long from = part.Length;
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
            if (part.Tag is string tag)
                request.Headers.TryAddWithoutValidation("If-Range", tag);
        }

        using HttpResponseMessage response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
        {
            cause = $"the server answered {(int)response.StatusCode} {response.ReasonPhrase}";
            wait = response.Headers.RetryAfter?.Delta;
            return false;
        }

        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0)
        {
            // Either all of it is there already, or what is there is of a longer file.
            if (response.Content.Headers.ContentRange?.Length == from)
                return true;
            part.Restart(null);
            cause = "the server has a shorter file than what is there";
            return false;
        }

        if (!response.IsSuccessStatusCode)
            throw new BadInputException(url.ToString(), "answer", $"{(int)response.StatusCode} {response.ReasonPhrase}", "the file",
                response.StatusCode == HttpStatusCode.NotFound ? "The mirror has no such file: check --mirror, which names the folder that the files lie in." : "Check that the mirror may be read, or name another with --mirror.");

        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && range?.From == from;
        if (response.StatusCode == HttpStatusCode.PartialContent && !goesOn)
        {
            part.Restart(null);
            cause = $"the server sent bytes from {range?.From?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nowhere"} when it was asked for those from {from}";
            return false;
        }

        if (!goesOn)
            part.Restart(ValidatorOf(response));
        long? total = goesOn ? range!.Length : response.Content.Headers.ContentLength;
        if (total > MostBytes)
            throw new BadInputException(url.ToString(), "size", $"{total} bytes", $"at most {MostBytes}", "This is no data set's file: check --mirror.");
        Receive(part, response, total, patience, stop);
        if (total is null || part.Length == total)
            return true;
        cause = $"the connection ended after {part.Length} of {total} bytes";
        return false;
    }

    private void Receive(PartFile part, HttpResponseMessage response, long? total, CancellationTokenSource patience, CancellationToken stop)
    {
        using Stream content = response.Content.ReadAsStream(stop);
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
                    throw new BadInputException(url.ToString(), "size", $"more than {total ?? MostBytes} bytes", "as many as the server said", "Check --mirror.");
                part.Append(buffer.AsSpan(0, read));
                OnProgress?.Invoke(part.Length, total ?? 0);
            }
        }
        finally
        {
            part.Flush();
        }
    }

    /// <summary>A weak ETag does not promise the same bytes.</summary>
    private static string? ValidatorOf(HttpResponseMessage response)
        => response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : response.Headers.ETag is null && response.Content.Headers.LastModified is DateTimeOffset date ? date.ToString("R") : null;

    private static string Describe(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"there is no host of that name ({e.Message})",
        HttpRequestError.SecureConnectionError => $"no secure connection ({e.InnerException?.Message ?? e.Message})",
        _ when e.InnerException is SocketException socket => $"no connection ({socket.Message})",
        _ => $"the connection failed ({e.Message})",
    };
}
