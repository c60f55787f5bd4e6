using System.Diagnostics;

namespace DdmNative.Cli.Tests;

/// <summary>A library of a page of C, for what no test can do to ddm from outside. It exists where there is a C compiler.</summary>
internal static class CompiledLibrary
{
    /// <summary>Compiles the source into a folder; null where there is no C compiler.</summary>
    /// <param name="folder">Made where there is none.</param>
    /// <param name="name">The library's file.</param>
    /// <param name="source">C.</param>
    /// <param name="options">For the compiler, after the source.</param>
    public static string? Build(string folder, string name, string source, params string[] options)
    {
        Directory.CreateDirectory(folder);
        (string text, string library) = (Path.Combine(folder, name + ".c"), Path.Combine(folder, name));
        File.WriteAllText(text, source);
        try
        {
            using Process compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, text, .. options]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? library : throw new InvalidOperationException($"{text} does not compile.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
