using System.Net;
using System.Net.Sockets;

namespace DdmNative.Cli.Tests;

/// <summary>An OTLP/HTTP collector on loopback that keeps what it is sent, as protobuf.</summary>
internal sealed class OtlpServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public OtlpServer()
    {
        Endpoint = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Start();
        _serving = Task.Run(Serve);
    }

    public string Endpoint { get; }

    /// <summary>(path, message) of every request.</summary>
    public List<(string Path, ProtobufMessage Message)> Requests { get; } = [];

    /// <summary>All spans: resource_spans 1, scope_spans 2, spans 2.</summary>
    public ProtobufMessage[] Spans => [.. Of("/v1/traces", 2)];

    /// <summary>All metrics: resource_metrics 1, scope_metrics 2, metrics 2.</summary>
    public ProtobufMessage[] Metrics => [.. Of("/v1/metrics", 2)];

    public void Dispose()
    {
        _listener.Stop();
        _serving.Wait();
        _listener.Close();
    }

    /// <summary>A port on loopback that nothing listens on.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private IEnumerable<ProtobufMessage> Of(string path, int item)
    {
        lock (Requests)
            return [.. Requests.Where(request => request.Path == path).SelectMany(request => request.Message.Messages(1))
                .SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(item))];
    }

    private void Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = _listener.GetContext();
                using var body = new MemoryStream();
                context.Request.InputStream.CopyTo(body);
                lock (Requests)
                    Requests.Add((context.Request.Url!.AbsolutePath, new ProtobufMessage(body.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // stopped
            }
        }
    }
}
