using System.Collections.Concurrent;
using System.Reflection;

namespace DdmNative.Compute.Cuda.Modules;

/// <summary>
/// The modules that a device can load, and which kernel is in which. Those of this build are embedded, one set for each target: sm_90 for
/// compute capability 9.0 and later, sm_80 for 8.x. Which module holds a kernel is read from the modules themselves, so that no list can
/// be out of date.
/// </summary>
internal sealed class KernelImages
{
    /// <summary>
    /// The variable that names kernels to use instead of the embedded ones: a folder of NAME.ptx and NAME.cubin, or one file that holds
    /// them all.
    /// </summary>
    public const string PathVariable = "DDM_CUDA_PTX";

    private static readonly ConcurrentDictionary<string, Lazy<KernelImages>> Embedded = new();

    private readonly string _source;
    private readonly Dictionary<string, KernelImage>? _images;

    /// <exception cref="CudaUnavailableException">A kernel is in two of the modules.</exception>
    internal KernelImages(string source, IReadOnlyList<KernelImage> modules)
    {
        (_source, Modules) = (source, modules);
        var found = new Dictionary<string, KernelImage>(StringComparer.Ordinal);
        foreach (KernelImage module in modules)
            foreach (string kernel in KernelImage.KernelsIn(module.Read()))
                if (!found.TryAdd(kernel, module))
                    throw new CudaUnavailableException($"no CUDA kernels: '{kernel}' is in two modules of {source}, " +
                        $"{found[kernel].Name} and {module.Name}. Remove one of them.");
        _images = found;
    }

    private KernelImages(string source, KernelImage whole) => (_source, Modules, Whole) = (source, [whole], whole);

    /// <summary>All modules.</summary>
    public IReadOnlyList<KernelImage> Modules { get; }

    /// <summary>The module that holds every kernel; null if each module holds its own.</summary>
    public KernelImage? Whole { get; }

    /// <summary>
    /// The modules for a device of this compute capability (10 · major + minor): those that <see cref="PathVariable"/> names, or the
    /// embedded ones.
    /// </summary>
    /// <exception cref="CudaUnavailableException">The device is older than 8.0, the build contains no kernels, or the variable names
    /// none.</exception>
    public static KernelImages Find(string device, int capability)
    {
        if (capability < 80)
            throw new CudaUnavailableException($"{device} has compute capability {capability / 10}.{capability % 10}; the kernels need " +
                "8.0 (Ampere) or later. Use another device, or --device cpu.");
        string target = capability >= 90 ? "sm_90" : "sm_80";
        return Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } path ? In(path, target) : ReadEmbedded(target);
    }

    /// <summary>The modules of this build for a target, <c>sm_80</c> or <c>sm_90</c>.</summary>
    /// <exception cref="CudaUnavailableException">The build contains none.</exception>
    public static KernelImages ReadEmbedded(string target)
        => Embedded.GetOrAdd(target, static name => new Lazy<KernelImages>(() => CreateEmbedded(name))).Value;

    /// <summary>One image that holds every kernel.</summary>
    public static KernelImages Single(string name, byte[] image) => new(name, new KernelImage(name, () => image));

    /// <summary>The module that holds a kernel.</summary>
    /// <exception cref="CudaUnavailableException">None does.</exception>
    public KernelImage FindModule(string kernel)
        => Whole ?? (_images!.TryGetValue(kernel, out KernelImage? image)
            ? image
            : throw new CudaUnavailableException($"no CUDA kernel '{kernel}': it is in none of the {Modules.Count} modules of {_source}. " +
                "Rebuild the kernels."));

    private static KernelImages CreateEmbedded(string target)
    {
        Assembly assembly = typeof(KernelImages).Assembly;
        KernelImage[] modules =
        [
            .. from resource in assembly.GetManifestResourceNames()
               where resource.StartsWith(target + "/", StringComparison.Ordinal) && resource.EndsWith(".ptx", StringComparison.Ordinal)
               select new KernelImage(resource[(target.Length + 1)..^".ptx".Length], () => ReadResource(assembly, resource)),
        ];
        return modules.Length > 0
            ? new KernelImages("this build", modules)
            : throw new CudaUnavailableException("this build contains no CUDA kernels. Use --device cpu, or set " +
                PathVariable + " to a folder of kernels.");
    }

    /// <summary>
    /// The modules of a folder, or of its subfolder for the target if it has one, as build/kernels.sh creates it; or one file.
    /// </summary>
    internal static KernelImages In(string path, string target)
    {
        if (!Directory.Exists(path))
            return Single(Path.GetFileNameWithoutExtension(path), ReadFile(path));
        string folder = Path.Combine(path, target);
        folder = Directory.Exists(folder) ? folder : path;
        // A cubin is preferred: the PTX of the same name would have to be compiled.
        string[] files = [.. from file in Directory.GetFiles(folder)
                             where Path.GetExtension(file) is ".ptx" or ".cubin"
                             group file by Path.GetFileNameWithoutExtension(file) into module
                             orderby module.Key
                             select module.FirstOrDefault(file => Path.GetExtension(file) == ".cubin") ?? module.First()];
        return files.Length > 0
            ? new KernelImages(folder,
                [.. files.Select(file => new KernelImage(Path.GetFileNameWithoutExtension(file), () => ReadFile(file)))])
            : throw new CudaUnavailableException($"no CUDA kernels: {PathVariable} names {path}, and in {folder} there is neither a " +
                ".ptx nor a .cubin file. Correct it or unset it.");
    }

    private static byte[] ReadResource(Assembly assembly, string name)
    {
        using Stream resource = assembly.GetManifestResourceStream(name)!;
        var image = new byte[resource.Length];
        resource.ReadExactly(image);
        return image;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CudaUnavailableException($"no CUDA kernels: {PathVariable} names {path}, which " +
                $"{(File.Exists(path) ? $"cannot be read ({e.Message})" : "does not exist")}. Correct it or unset it.");
        }
    }
}
