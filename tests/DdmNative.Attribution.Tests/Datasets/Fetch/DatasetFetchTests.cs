using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DdmNative.Attribution.Datasets.Fetch;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Datasets.Fetch;

/// <summary>Fetching from a server on this machine that breaks off, lies, is slow or has something else.</summary>
public sealed class DatasetFetchTests : IDisposable
{
    private const string Name = "train.npz", SetName = "own";
    private readonly TempFolder _folder = new();
    private readonly RecordingListener _listener = new();

    /// <summary>A quarter of a megabyte: more than one read of the network.</summary>
    private readonly byte[] _file = [.. Enumerable.Range(0, 1 << 18).Select(i => (byte)(i * 2654435761u >> 13))];

    private string Target => Path.Combine(_folder.ToString(), "data", Name);

    private string Part => Target + ".part";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_fetched_is_checked_listed_and_not_fetched_again()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));

        Fetch(server);
        int asked = server.Requests.Count;
        Fetch(server);

        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal($"{Sum(_file)}  {Name}\n", File.ReadAllText(Path.Combine(_folder.ToString(), "data", ChecksumManifest.FileName)));
        Assert.Equal(asked, server.Requests.Count);
        Assert.Contains("1 files match", DatasetCheck.Run(Path.Combine(_folder.ToString(), "data"), default), StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void A_changed_file_is_found_and_fetched_again()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));
        Fetch(server);
        File.WriteAllText(Target, "something else");

        Assert.Contains("train.npz has been changed",
            Assert.Throws<BadInputException>(() => DatasetCheck.Run(Path.GetDirectoryName(Target)!, default)).Message,
            StringComparison.Ordinal);
        Fetch(server);

        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_connection_that_breaks_goes_on_where_it_broke()
    {
        using var server = new ScriptedServer(
            (request, before) => ScriptedServer.Serve(request, _file) with { CutAfter = before < 3 ? 50_000 : null });

        Fetch(server);

        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal([null, 50_000, 100_000, 150_000], server.Requests.Select(request => request.From));
        Assert.All(server.Requests.Skip(1), request => Assert.Equal("\"one\"", request.Headers["If-Range"]));
        AssertNothingLeft();
    }

    [Fact]
    public void What_a_killed_process_has_left_is_gone_on_from()
    {
        using var broken = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file) with { CutAfter = 70_000 });
        Refused(broken, "in a row", new DownloadOptions { Attempts = 1 });
        Assert.Equal(70_000, new FileInfo(Part).Length);
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));

        Fetch(server);

        Assert.Equal(70_000, Assert.Single(server.Requests).From);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_file_that_was_whole_but_not_yet_named_is_not_fetched_again()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));
        Leave(_file, "\"one\"");

        Fetch(server);

        Assert.Equal(_file.Length, Assert.Single(server.Requests).From);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_server_that_takes_no_ranges_sends_all_of_it()
    {
        using var server = new ScriptedServer(
            (request, before) => new ScriptedServer.Reply(200, _file) { CutAfter = before == 0 ? 50_000 : null });

        Fetch(server);

        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void A_server_that_has_another_file_by_now_sends_all_of_that()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file, tag: "\"two\""));
        Leave(new byte[1000], "\"one\"");

        Fetch(server);

        Assert.Equal("\"one\"", Assert.Single(server.Requests).Headers["If-Range"]);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("bytes 0-{0}/{0}")]
    [InlineData("bytes 100001-{0}/{0}")]
    [InlineData(null)]
    public void A_range_that_was_not_asked_for_is_not_taken(string? range)
    {
        using var server = new ScriptedServer((request, before) => before switch
        {
            0 => ScriptedServer.Serve(request, _file) with { CutAfter = 100_000 },
            1 => new ScriptedServer.Reply(206, _file) { Headers = range is null
                ? [] : new() { ["Content-Range"] = string.Format(CultureInfo.InvariantCulture, range, _file.Length) } },
            _ => ScriptedServer.Serve(request, _file),
        });

        Fetch(server);

        Assert.Null(server.Requests.Last().From);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void What_was_left_of_another_file_is_thrown_away_once_the_whole_does_not_check()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file, tag: null));
        Leave(new byte[1000], tag: null);

        Fetch(server);

        Assert.Equal([1000, null], server.Requests.Select(request => request.From));
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void Wrong_contents_get_no_name()
    {
        byte[] wrong = [.. _file];
        wrong[99] ^= 1;
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, wrong));

        string message = Refused(server, "checksum");

        Assert.Contains(Sum(wrong), message, StringComparison.Ordinal);
        Assert.Contains(Sum(_file), message, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public void A_server_that_falls_silent_is_tried_again_and_then_given_up()
    {
        using var server = new ScriptedServer(
            (request, _) => ScriptedServer.Serve(request, _file) with { CutAfter = 0, Holds = TimeSpan.FromSeconds(20) });

        var options = new DownloadOptions { Silence = TimeSpan.FromSeconds(1), Attempts = 2, FirstWait = TimeSpan.FromMilliseconds(1) };
        Refused(server, "no data arrived for 1 s, 2 times in a row", options);

        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public void A_server_in_trouble_is_tried_again_after_the_wait_that_it_asks_for()
    {
        using var server = new ScriptedServer((request, before) => before < 2
            ? new ScriptedServer.Reply(before == 0 ? 503 : 429, []) { Headers = new() { ["Retry-After"] = "0" } }
                : ScriptedServer.Serve(request, _file));

        Fetch(server, new DownloadOptions { FirstWait = TimeSpan.FromHours(1) });

        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Contains(_listener.Notes, note => note.Contains("503", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_not_there_is_not_asked_for_twice()
    {
        using var server = new ScriptedServer((_, _) => new ScriptedServer.Reply(404, []));

        Assert.Contains("404", Refused(server, "no such file"), StringComparison.Ordinal);

        Assert.Single(server.Requests);
    }

    [Fact]
    public void A_redirection_is_followed()
    {
        using var server = new ScriptedServer((request, _) => request.Path.StartsWith("/moved", StringComparison.Ordinal)
            ? ScriptedServer.Serve(request, _file)
            : new ScriptedServer.Reply(302, []) { Headers = new() { ["Location"] = "/moved" + request.Path } });

        Fetch(server);

        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("/again", "more than 10 redirections")]
    [InlineData("ftp://127.0.0.1/train.npz", "a redirection to ftp://127.0.0.1/train.npz")]
    [InlineData("file:///etc/passwd", "a redirection to file:///etc/passwd")]
    [InlineData("http://[::1/", "which is not an address")]
    [InlineData("", "without an address")]
    [InlineData(null, "without an address")]
    public void A_redirection_that_leads_nowhere_is_the_mirrors_fault(string? to, string says)
    {
        using var server = new ScriptedServer(
            (_, _) => new ScriptedServer.Reply(302, []) { Headers = to is null ? [] : new() { ["Location"] = to } });

        Refused(server, says);

        Assert.Equal(to == "/again" ? 11 : 1, server.Requests.Count);
        Assert.Empty(_listener.Notes);
    }

    [Fact]
    public void A_list_that_falls_silent_or_breaks_off_is_tried_again_as_files_are()
    {
        byte[] list = Encoding.UTF8.GetBytes($"{Sum(_file)}  {Name}\n");
        using var server = new ScriptedServer((request, before) => (request.Path == "/" + ChecksumManifest.FileName, before) switch
        {
            (true, 0) => ScriptedServer.Serve(request, list) with { CutAfter = 10, Holds = TimeSpan.FromSeconds(20) },
            (true, 1) => new ScriptedServer.Reply(503, []),
            (true, _) => ScriptedServer.Serve(request, list),
            _ => ScriptedServer.Serve(request, _file),
        });
        var options = new DownloadOptions { Silence = TimeSpan.FromSeconds(3), FirstWait = TimeSpan.FromMilliseconds(1) };

        DatasetFetch.Run(SetName, Request(server.Address, options) with { Manifest = null }, _listener, default);

        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal(2, _listener.Notes.Count);
    }

    [Fact]
    public void A_list_that_does_not_end_stops_when_the_user_wants_it_to()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.3));
        using var server = new ScriptedServer(
            (request, _) => ScriptedServer.Serve(request, _file) with { CutAfter = 10, Holds = TimeSpan.FromMinutes(10) });
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.ThrowsAny<OperationCanceledException>(
            () => DatasetFetch.Run(SetName, Request(server.Address, new DownloadOptions()) with { Manifest = null }, _listener,
            stop.Token));

        Assert.InRange(watch.Elapsed.TotalMinutes, 0, 5);
    }

    [Fact]
    public void A_password_goes_to_its_own_server_and_into_no_message()
    {
        using var other = new ScriptedServer((_, _) => new ScriptedServer.Reply(404, []));
        using var server = new ScriptedServer((request, before) => before == 0
            ? new ScriptedServer.Reply(503, [])
                : new ScriptedServer.Reply(302,
                    []) { Headers = new() { ["Location"] = other.Address.Replace("//", "//u:secret@", StringComparison.Ordinal)
                    + request.Path } });
        string address = server.Address.Replace("//", "//user%40home:secret@", StringComparison.Ordinal);

        var error = Assert.Throws<BadInputException>(
            () => Fetch(address, new DownloadOptions { FirstWait = TimeSpan.FromMilliseconds(1) }));

        Assert.All(server.Requests,
            request => Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("user@home:secret")),
            request.Headers["Authorization"]));
        Assert.False(Assert.Single(other.Requests).Headers.ContainsKey("Authorization"));
        Assert.All(_listener.Notes.Append(error.Message), message => Assert.DoesNotContain("secret", message, StringComparison.Ordinal));
        Assert.Single(_listener.Notes);
    }

    [Theory]
    [InlineData("http://user:secret@host:99999/x")]
    [InlineData("http://us er:sec/ret@host/x")]
    [InlineData("ftp://user:secret@host/x")]
    [InlineData("user:secret@host/x")]
    public void A_password_in_an_address_that_is_none_is_not_shown(string address)
    {
        string message = Assert.Throws<BadInputException>(() => Fetch(address, new DownloadOptions())).Message;

        Assert.DoesNotContain("ret@", message, StringComparison.Ordinal);
        Assert.DoesNotContain("user", message, StringComparison.Ordinal);
        Assert.Contains("***@host", message, StringComparison.Ordinal);
        Assert.DoesNotContain("user",
            Assert.Throws<BadInputException>(() => DatasetFetch.Run(address, new FetchRequest(), _listener, default)).Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("user", Assert.Throws<BadInputException>(() => DatasetCheck.Run(address, default)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_not_taken_for_a_broken_connection()
    {
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));
        using var client = new MirrorClient(MirrorAddress.Of(new Uri(server.Address)), TimeSpan.FromSeconds(20));
        var download = new ResumableDownload(client, new Uri(server.Address + "/" + Name),
            new DownloadOptions { FirstWait = TimeSpan.FromMilliseconds(1) });

        Assert.Throws<DiskException>(() => download.Into(new FullDisk(), default));

        Assert.Single(server.Requests);
    }

    [SkippableTheory]
    [InlineData(".part")]
    [InlineData(".part.tag")]
    public void A_link_in_place_of_a_temporary_file_is_not_followed(string suffix)
    {
        Skip.If(OperatingSystem.IsWindows(), "making links needs rights there");
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));
        string precious = _folder.Write("precious", "precious"u8.ToArray());
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        if (suffix != ".part")
            File.WriteAllBytes(Part, _file[..1000]);
        File.CreateSymbolicLink(Target + suffix, precious);

        Fetch(server);

        Assert.Equal("precious", File.ReadAllText(precious));
        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.All(server.Requests, request => Assert.False(request.Headers.ContainsKey("If-Range")));
        Assert.Equal(suffix == ".part" ? 1 : 0, _listener.Notes.Count(note => note.Contains("a link", StringComparison.Ordinal)));
        AssertNothingLeft();
    }

    [SkippableFact]
    public void A_second_name_of_another_file_is_not_written_to()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/bin/ln"), "there is no ln");
        using var server = new ScriptedServer((request, _) => ScriptedServer.Serve(request, _file));
        string precious = _folder.Write("precious", "precious"u8.ToArray());
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        using (var link = System.Diagnostics.Process.Start("/bin/ln", [precious, Part]))
            link.WaitForExit();
        Assert.Equal("precious", File.ReadAllText(Part));

        Fetch(server);

        Assert.Equal("precious", File.ReadAllText(precious));
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [SkippableFact]
    public void A_link_among_the_folders_of_a_name_is_refused()
    {
        Skip.If(OperatingSystem.IsWindows(), "making links needs rights there");
        string mirror = Directory.CreateDirectory(_folder.File("mirror")).FullName,
            home = Directory.CreateDirectory(_folder.File("home")).FullName, set = Directory.CreateDirectory(_folder.File("data")).FullName;
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(mirror, "deep")).FullName, Name), _file);
        File.WriteAllText(Path.Combine(mirror, ChecksumManifest.FileName), $"{Sum(_file)}  deep/{Name}\n");
        Directory.CreateSymbolicLink(Path.Combine(set, "deep"), home);

        var error = Assert.Throws<BadInputException>(
            () => DatasetFetch.Run(SetName, new FetchRequest { Mirror = mirror, Folder = set }, _listener, default));

        Assert.Contains("a link to", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
    }

    [Fact]
    public void A_name_that_not_every_system_takes_is_not_fetched()
    {
        string mirror = Directory.CreateDirectory(_folder.File("mirror")).FullName;
        File.WriteAllText(Path.Combine(mirror, ChecksumManifest.FileName), $"\\{Sum(_file)}  a\\nb\n");

        var error = Assert.Throws<BadInputException>(
            () => DatasetFetch.Run(SetName, new FetchRequest { Mirror = mirror, Folder = _folder.File("data") }, _listener, default));

        Assert.Contains("every operating system", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_is_said()
    {
        var server = new ScriptedServer((_, _) => new ScriptedServer.Reply(200, []));
        string address = server.Address;
        server.Dispose();

        var error = Assert.Throws<BadInputException>(
            () => Fetch(address, new DownloadOptions { Attempts = 2, FirstWait = TimeSpan.FromMilliseconds(1) }));

        Assert.Contains("no connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_fetch_keeps_what_has_arrived()
    {
        using var stop = new CancellationTokenSource();
        using var server = new ScriptedServer(
            (request, _) => ScriptedServer.Serve(request, _file) with { CutAfter = 50_000, Holds = TimeSpan.FromSeconds(20) });
        var listener = new CancellingListener(stop);

        Assert.ThrowsAny<OperationCanceledException>(
            () => DatasetFetch.Run(SetName, Request(server.Address, new DownloadOptions()), listener, stop.Token));

        Assert.InRange(new FileInfo(Part).Length, 1, 50_000);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void A_folder_is_a_mirror_too_and_its_own_list_says_what_there_is()
    {
        string mirror = Directory.CreateDirectory(_folder.File("mirror")).FullName;
        File.WriteAllBytes(Path.Combine(mirror, Name), _file);
        File.WriteAllText(Path.Combine(mirror, ChecksumManifest.FileName), $"{Sum(_file)} *{Name}\n");

        foreach (string address in new[] { mirror, new Uri(mirror).ToString() })
        {
            string target = _folder.File("to-" + address.Length);
            DatasetFetch.Run(SetName, new FetchRequest { Mirror = address, Folder = target }, _listener, default);
            Assert.Equal(_file, File.ReadAllBytes(Path.Combine(target, Name)));
        }
    }

    [Fact]
    public void A_mirror_without_a_list_is_refused_for_a_set_that_is_not_known()
    {
        using var server = new ScriptedServer((_, _) => new ScriptedServer.Reply(404, []));

        var error = Assert.Throws<BadInputException>(
            () => DatasetFetch.Run(SetName, Request(server.Address, new DownloadOptions()) with { Manifest = null }, _listener, default));

        Assert.Contains("--sha256", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Debians_Fashion_MNIST_is_the_published_one()
    {
        const string packaged = "/usr/share/datasets/fashion-mnist";
        Skip.IfNot(Directory.Exists(packaged), "the package dataset-fashion-mnist is not installed");

        string target = _folder.File("fashion");
        DatasetFetch.Run("fashion-mnist", new FetchRequest { Mirror = packaged, Folder = target }, _listener, default);

        Assert.Contains("match fashion-mnist as published", DatasetCheck.Run(packaged, default), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(target, "train-images-idx3-ubyte.gz")));
    }

    private static string Sum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private void Fetch(ScriptedServer server, DownloadOptions? options = null)
        => Fetch(server.Address, options ?? new DownloadOptions { FirstWait = TimeSpan.FromMilliseconds(1) });

    private void Fetch(string address, DownloadOptions options) => DatasetFetch.Run(SetName, Request(address, options), _listener, default);

    private string Refused(ScriptedServer server, string says, DownloadOptions? options = null)
    {
        var error = Assert.Throws<BadInputException>(() => Fetch(server, options));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        return error.Message;
    }

    private FetchRequest Request(string address, DownloadOptions options)
    {
        string list = _folder.Write("sums", Encoding.UTF8.GetBytes($"{Sum(_file)}  {Name}\n"));
        return new FetchRequest { Mirror = address, Folder = Path.Combine(_folder.ToString(), "data"), Manifest = list,
            Download = options };
    }

    /// <summary>As an earlier process would have left it.</summary>
    private void Leave(byte[] bytes, string? tag)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, bytes);
        if (tag is not null)
            File.WriteAllText(Part + ".tag", tag);
    }

    private void AssertNothingLeft()
        => Assert.Equal([ChecksumManifest.FileName, Name],
            Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Target)!).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal));

    private sealed class FullDisk : IArrival
    {
        public long Length => 0;

        public string? Tag => null;

        public void Restart(string? tag)
        {
        }

        public void Append(ReadOnlySpan<byte> bytes) => throw new DiskException("x.part", new IOException("No space left on device"));

        public void Flush()
        {
        }
    }

    private sealed class CancellingListener(CancellationTokenSource stop) : IFetchListener
    {
        public void Stage(string stage, string title, bool isDone)
        {
        }

        public void Progress(double done, double total, string unit) => stop.Cancel();

        public void Finished(string stage, double seconds)
        {
        }

        public void Note(string message)
        {
        }
    }
}
