namespace DdmNative.Attribution.Tests.Formats;

/// <summary>A folder of its own for one test, removed with it.</summary>
public sealed class TempFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("ddm-tests-").FullName;

    /// <summary>The folder.</summary>
    public override string ToString() => _path;

    public string File(string name) => Path.Combine(_path, name);

    public string Write(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File(name), bytes);
        return File(name);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
