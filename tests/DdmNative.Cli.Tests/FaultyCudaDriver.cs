namespace DdmNative.Cli.Tests;

/// <summary>
/// A CUDA driver of a page of C that fails where <c>FAULT_…</c> variables say: a true library behind the true binding, which gets no
/// further than memory. It exists where there is a C compiler.
/// </summary>
internal static class FaultyCudaDriver
{
    private const string Source = """
        #include <stdint.h>
        #include <stdlib.h>
        #include <string.h>
        static int setting(const char *name, int otherwise) { const char *text = getenv(name); return text ? atoi(text) : otherwise; }
        int cuInit(unsigned flags) { return setting("FAULT_INIT", 0); }
        int cuDriverGetVersion(int *version) { *version = setting("FAULT_VERSION", 12020); return 0; }
        int cuGetErrorName(int error, const char **text)
        {
            *text = error == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : error == 100 ? "CUDA_ERROR_NO_DEVICE"
                : error == 218 ? "CUDA_ERROR_INVALID_PTX" : "CUDA_ERROR_UNKNOWN";
            return 0;
        }
        int cuGetErrorString(int error, const char **text) { *text = "as the test asked"; return 0; }
        int cuDeviceGetCount(int *count) { *count = setting("FAULT_COUNT", 1); return 0; }
        int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
        int cuDeviceGetName(char *name, int length, int device) { strncpy(name, "Faulty GPU", length); return 0; }
        int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 1 << 20; return 0; }
        int cuDeviceGetAttribute(int *value, int attribute, int device)
        {
            *value = attribute == 75 ? setting("FAULT_CAPABILITY", 8) : attribute == 76 ? 0 : 1;
            return 0;
        }
        int cuDevicePrimaryCtxRetain(void **context, int device) { *context = (void *)1; return 0; }
        int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
        int cuCtxSetCurrent(void *context) { return 0; }
        int cuMemGetInfo_v2(size_t *available, size_t *total) { *available = 4096; *total = 1 << 20; return 0; }
        int cuMemAlloc_v2(uint64_t *address, size_t bytes) { return 2; }
        int cuMemHostAlloc(void **memory, size_t bytes, unsigned flags) { *memory = malloc(bytes); return 0; }
        int cuMemFreeHost(void *memory) { free(memory); return 0; }
        int cuStreamCreate(void **stream, unsigned flags) { *stream = (void *)2; return 0; }
        int cuStreamDestroy_v2(void *stream) { return 0; }
        int cuStreamSynchronize(void *stream) { return 0; }
        int cuModuleUnload(void *module) { return 0; }
        int cuModuleLoadDataEx(void **module, const char *image, unsigned count, int *options, void **values)
        {
            *module = (void *)3;
            if (strncmp(image, ".version", 8) == 0)
                return 0;
            for (unsigned i = 0; i < count; i++)
                if (options[i] == 5)
                    strcpy(values[i], "ptxas fatal: Missing .version directive");
            return 218;
        }
        """;

    /// <summary>Compiles the driver into a folder; null where there is no C compiler.</summary>
    public static string? Build(string folder) => CompiledLibrary.Build(folder, "libcuda.so.1", Source);
}
