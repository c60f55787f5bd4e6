namespace DdmNative.Compute.Cuda.Modules;

/// <summary>The PTX that this build carries, one module per target: sm_90 for compute capability 9.0 and later, sm_80 for 8.x.</summary>
internal static class EmbeddedPtx
{
    /// <summary>Names a file or folder whose PTX is loaded in place of the embedded one: for trying out kernels without building ddm again.</summary>
    public const string PathVariable = "DDM_CUDA_PTX";

    /// <summary>The module for a device of this compute capability (10 · major + minor).</summary>
    /// <exception cref="CudaUnavailableException">The device is older than 8.0, or the build carries no PTX.</exception>
    public static byte[] For(string device, int capability)
    {
        if (capability < 80)
            throw new CudaUnavailableException($"{device} has compute capability {capability / 10}.{capability % 10}; the kernels need 8.0 (Ampere) or later. Use another device, or --device cpu.");
        string name = capability >= 90 ? "ddm_sm_90.ptx" : "ddm_sm_80.ptx";
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } path)
            return ReadFile(Directory.Exists(path) ? Path.Combine(path, name) : path);
        using Stream? resource = typeof(EmbeddedPtx).Assembly.GetManifestResourceStream(name);
        if (resource is null)
            throw new CudaUnavailableException(
                "this build carries no CUDA kernels. Use --device cpu, or name PTX of your own with " + PathVariable + ".");
        var ptx = new byte[resource.Length];
        resource.ReadExactly(ptx);
        return ptx;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CudaUnavailableException($"no CUDA kernels: {PathVariable} names {path}, which {(File.Exists(path) ? $"cannot be read ({e.Message})" : "does not exist")}. Correct it or unset it.");
        }
    }
}
