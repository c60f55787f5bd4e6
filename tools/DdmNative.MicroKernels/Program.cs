using DdmNative.MicroKernels;

if (args is not [string folder])
{
    Console.Error.WriteLine("usage: micro-kernels FOLDER (build/micro-kernels.sh)");
    return 2;
}
Directory.CreateDirectory(folder);
foreach ((string name, string text) in GeneratedFiles.All)
    File.WriteAllText(Path.Combine(folder, name), text);
return 0;
