using System.Globalization;

namespace DdmNative.Cli.Tests;

/// <summary>
/// A library that stands between the binding and the machine's CUDA driver (or the emulator): it counts the calls of the functions in which
/// devices fail while they work, hands them on, and from one of them on answers with an error instead. Everything else it does not know: it
/// is linked to the driver, where the loader finds the rest.
/// </summary>
internal sealed class InterposedCudaDriver
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static int number(const char *name) { const char *text = getenv(name); return text ? atoi(text) : 0; }
        static int dead;
        /* The error that this call is to have, or 0. */
        static int fault(const char *name, int *calls)
        {
            const char *failing = getenv("FAULT_CALL"), *lasting = getenv("FAULT_LASTING");
            int count = ++*calls;
            if (dead)
                return dead;
            if (!failing || strcmp(failing, name) != 0 || count < number("FAULT_AT"))
                return 0;
            if (strcmp(lasting, "Once") == 0)
                return count == number("FAULT_AT") ? number("FAULT_RESULT") : 0;
            if (strcmp(lasting, "EveryCall") == 0)
                dead = number("FAULT_RESULT");
            return number("FAULT_RESULT");
        }
        #define CALL(NAME, DECLARED, PASSED)                                                                    \
            static int NAME##_calls;                                                                            \
            int NAME DECLARED                                                                                   \
            {                                                                                                   \
                static int(*next) DECLARED;                                                                     \
                if (!next)                                                                                      \
                    next = (int(*) DECLARED)dlsym(RTLD_NEXT, #NAME);                                            \
                int error = fault(#NAME, &NAME##_calls);                                                        \
                return error ? error : next PASSED;                                                             \
            }
        CALL(cuInit, (unsigned flags), (flags))
        CALL(cuMemAlloc_v2, (uint64_t *address, size_t bytes), (address, bytes))
        CALL(cuMemFree_v2, (uint64_t address), (address))
        CALL(cuMemHostAlloc, (void **memory, size_t bytes, unsigned flags), (memory, bytes, flags))
        CALL(cuMemcpyHtoDAsync_v2, (uint64_t to, void *from, size_t bytes, void *stream), (to, from, bytes, stream))
        CALL(cuMemcpyDtoHAsync_v2, (void *to, uint64_t from, size_t bytes, void *stream), (to, from, bytes, stream))
        CALL(cuStreamSynchronize, (void *stream), (stream))
        CALL(cuGraphInstantiateWithFlags, (void **executable, void *graph, uint64_t flags), (executable, graph, flags))
        CALL(cuGraphLaunch, (void *executable, void *stream), (executable, stream))
        CALL(cuGraphExecDestroy, (void *executable), (executable))
        CALL(cuLaunchKernel,
            (void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                void *stream, void **parameters, void **extra),
            (function, gx, gy, gz, bx, by, bz, shared, stream, parameters, extra))
        /* FAULT_NAME in place of the device's name: an emulator that is taken for a GPU. */
        int cuDeviceGetName(char *name, int length, int device)
        {
            int(*next)(char *, int, int) = (int(*)(char *, int, int))dlsym(RTLD_NEXT, "cuDeviceGetName");
            const char *given = getenv("FAULT_NAME");
            if (!given)
                return next(name, length, device);
            snprintf(name, length, "%s", given);
            return 0;
        }
        int ddmCudaEmulatorWriteReport(const char *path)
        {
            int(*next)(const char *) = (int(*)(const char *))dlsym(RTLD_NEXT, "ddmCudaEmulatorWriteReport");
            FILE *file = number("FAULT_REPORT") ? fopen(path, "w") : NULL;
            if (!file)
                return next ? next(path) : 801;
            fputs("no JSON", file);
            return fclose(file);
        }
        __attribute__((destructor)) static void tell(void)
        {
            const char *path = getenv("FAULT_COUNTS");
            FILE *file = path ? fopen(path, "w") : NULL;
            if (!file)
                return;
            fprintf(file,
                "cuMemAlloc_v2 %d\ncuMemHostAlloc %d\ncuMemcpyHtoDAsync_v2 %d\ncuMemcpyDtoHAsync_v2 %d\n"
                "cuStreamSynchronize %d\ncuGraphInstantiateWithFlags %d\ncuGraphLaunch %d\ncuLaunchKernel %d\n",
                cuMemAlloc_v2_calls, cuMemHostAlloc_calls, cuMemcpyHtoDAsync_v2_calls, cuMemcpyDtoHAsync_v2_calls,
                cuStreamSynchronize_calls, cuGraphInstantiateWithFlags_calls, cuGraphLaunch_calls, cuLaunchKernel_calls);
            fclose(file);
        }
        """;

    private readonly string _library;

    private InterposedCudaDriver(string library) => this._library = library;

    /// <summary>Compiles it; null where there is no C compiler or no driver to be found as a file.</summary>
    public static InterposedCudaDriver? Build(string folder)
    {
        if (!OperatingSystem.IsLinux() || DriverBehind() is not { } behind)
            return null;
        return CompiledLibrary.Build(folder, "libinterposed.so", Source, "-Wl,--no-as-needed", behind,
            "-Wl,-rpath," + Path.GetDirectoryName(behind), "-ldl") is string library ? new InterposedCudaDriver(library) : null;
    }

    /// <summary>The environment in which ddm finds it, and in which it hands every call on.</summary>
    public Dictionary<string, string> Passing(string? countsFile = null)
    {
        var environment = new Dictionary<string, string> { ["DDM_CUDA_DRIVER"] = _library };
        if (countsFile is not null)
            environment["FAULT_COUNTS"] = countsFile;
        return environment;
    }

    /// <summary>The environment in which the <paramref name="at"/>-th call of a function fails.</summary>
    public Dictionary<string, string> Failing(string call, int at, int result, FaultLasting lasting) => new(Passing())
    {
        ["FAULT_CALL"] = call,
        ["FAULT_AT"] = at.ToString(CultureInfo.InvariantCulture),
        ["FAULT_RESULT"] = result.ToString(CultureInfo.InvariantCulture),
        ["FAULT_LASTING"] = lasting.ToString(),
    };

    /// <summary>How often each function was called, from the file that <see cref="Passing"/> named.</summary>
    public static Dictionary<string, int> Counts(string file)
        => File.ReadAllLines(file).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => int.Parse(words[1], CultureInfo.InvariantCulture));

    /// <summary>The library that <c>DDM_CUDA_DRIVER</c> names, else the system's where Linux distributions put it.</summary>
    private static string? DriverBehind()
    {
        if (Environment.GetEnvironmentVariable("DDM_CUDA_DRIVER") is { Length: > 0 } named)
            return Path.GetFullPath(Directory.Exists(named) ? Path.Combine(named, "libcuda.so.1") : named);
        string[] folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib"];
        return folders.Select(folder => Path.Combine(folder, "libcuda.so.1")).FirstOrDefault(File.Exists);
    }
}
