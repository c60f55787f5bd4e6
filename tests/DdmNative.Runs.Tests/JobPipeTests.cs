using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Tests.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

/// <summary>A job may come from a pipe; a device that never ends is refused.</summary>
public sealed class JobPipeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_is_read_from_a_pipe()
    {
        string pipe = _folder.File("pipe");
        NamedPipe.Create(pipe);
        Task write = Task.Run(() => File.AppendAllText(pipe, """{ "data": { "source": "generated" }, "seed": 7 }"""));

        Assert.Equal(7UL, JobFile.Read(pipe).Seed);
        await write;
    }

    [Fact]
    public void A_device_that_never_ends_is_refused()
        => Assert.StartsWith("more than 64 MiB", Assert.Throws<BadInputException>(() => JobFile.Read("/dev/zero")).Found,
            StringComparison.Ordinal);
}
