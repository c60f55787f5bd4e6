using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DdmNative.Attribution.Tests.Datasets.Fetch;

/// <summary>A server on this machine alone that answers as the test says: also half, late, wrongly or not at all.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, int, Reply> _answer;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="answer">From a request, and how many came before it, to the answer.</param>
    public ScriptedServer(Func<Request, int, Reply> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public ConcurrentQueue<Request> Requests { get; } = [];

    /// <summary>Answers as a good server does: whole files, or the range that was asked for if the file is still the same.</summary>
    public static Reply Serve(Request request, byte[] file, string? tag = "\"one\"")
    {
        Dictionary<string, string> headers = tag is null ? [] : new() { ["ETag"] = tag };
        bool same = !request.Headers.TryGetValue("If-Range", out string? known) || known == tag;
        if (request.From is not int from || !same)
            return new Reply(200, file) { Headers = headers };
        if (from >= file.Length)
            return new Reply(416, []) { Headers = new(headers) { ["Content-Range"] = $"bytes */{file.Length}" } };
        return new Reply(206, file[from..]) { Headers = new(
            headers) { ["Content-Range"] = $"bytes {from}-{file.Length - 1}/{file.Length}" } };
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = AnswerAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                Request request = await ReadAsync(stream);
                int before = Requests.Count;
                Requests.Enqueue(request);
                Reply reply = _answer(request, before);
                StringBuilder head = new StringBuilder().Append(CultureInfo.InvariantCulture,
                    $"HTTP/1.1 {reply.Status} As asked\r\nConnection: close\r\nContent-Length: {reply.Body.Length}\r\n");
                foreach ((string name, string value) in reply.Headers)
                    head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
                await stream.WriteAsync(reply.Body.AsMemory(0, reply.CutAfter ?? reply.Body.Length), _stop.Token);
                await stream.FlushAsync(_stop.Token);
                await Task.Delay(reply.Holds, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The other side has gone.
            }
        }
    }

    private async Task<Request> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _stop.Token) > 0)
            text.Append((char)one[0]);
        string[] lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new Request(lines[0].Split(' ')[1],
            lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(header => header[0], header => header[1], StringComparer.OrdinalIgnoreCase));
    }

    internal sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers)
    {
        /// <summary>The first byte that is asked for; null for the whole file.</summary>
        public int? From
            => Headers.TryGetValue("Range", out string? range)
                ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : null;
    }

    internal sealed record Reply(int Status, byte[] Body)
    {
        public Dictionary<string, string> Headers { get; init; } = [];

        /// <summary>Closes the connection after so many bytes of the body; null for all of them.</summary>
        public int? CutAfter { get; init; }

        /// <summary>Keeps the connection open so long after the last byte.</summary>
        public TimeSpan Holds { get; init; }
    }
}
