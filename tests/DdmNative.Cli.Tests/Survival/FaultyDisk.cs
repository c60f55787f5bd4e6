using System.Globalization;

namespace DdmNative.Cli.Tests.Survival;

/// <summary>
/// A library of a page of C that is loaded before the C library (<c>LD_PRELOAD</c>) and lets the disk under one folder fail where it is
/// told to: after so many bytes nothing more is taken, or the n-th call of a kind is refused. It exists where there is a C compiler.
/// </summary>
internal sealed class FaultyDisk
{
    /// <summary>The calls that can be refused.</summary>
    public static readonly string[] Calls = ["open", "write", "fsync", "rename", "mkdir"];

    private const string Source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/types.h>
        #include <sys/uio.h>
        #include <unistd.h>
        static long opens, writes, fsyncs, renames, mkdirs, bytes;
        static int full;
        static long number(const char *name) { const char *text = getenv(name); return text ? atol(text) : 0; }
        static int below(const char *path)
        {
            const char *folder = getenv("FAULT_FOLDER");
            return folder && path && strncmp(path, folder, strlen(folder)) == 0;
        }
        static int descriptor_below(int descriptor)
        {
            char link[64], path[4096];
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t length = readlink(link, path, sizeof path - 1);
            if (length < 0)
                return 0;
            path[length] = 0;
            return below(path);
        }
        /* Whether this call of the kind is to be refused; errno is set then. A disk that is full, or has become read-only, stays so. */
        static int refused(const char *kind, long *calls)
        {
            const char *failing = getenv("FAULT_CALL");
            long count = __sync_add_and_fetch(calls, 1);
            if (full) { errno = full; return 1; }
            if (!failing || strcmp(failing, kind) != 0 || count != number("FAULT_AT"))
                return 0;
            errno = (int)number("FAULT_ERRNO");
            if (errno == EROFS || errno == ENOSPC)
                full = errno;
            return 1;
        }
        /* How many of the bytes the disk still takes; all where it has no limit. */
        static size_t room(size_t wanted)
        {
            long limit = number("FAULT_BYTES"), before = __sync_fetch_and_add(&bytes, (long)wanted);
            if (limit == 0 || before + (long)wanted <= limit)
                return wanted;
            full = ENOSPC;
            return before < limit ? (size_t)(limit - before) : 0;
        }
        #define NEXT(NAME) ((next ? (void)0 : (void)(next = dlsym(RTLD_NEXT, NAME))), next)
        #define OPEN(NAME)                                                                          \
            int NAME(const char *path, int flags, ...)                                              \
            {                                                                                       \
                static int (*next)(const char *, int, ...);                                         \
                va_list rest;                                                                       \
                va_start(rest, flags);                                                              \
                int mode = flags & O_CREAT ? va_arg(rest, int) : 0;                                 \
                va_end(rest);                                                                       \
                if ((flags & O_ACCMODE) != O_RDONLY && below(path) && refused("open", &opens))      \
                    return -1;                                                                      \
                return NEXT(#NAME)(path, flags, mode);                                              \
            }
        OPEN(open)
        OPEN(open64)
        #define WRITE(NAME, DECLARED, PASSED)                                                       \
            ssize_t NAME DECLARED                                                                   \
            {                                                                                       \
                static ssize_t (*next) DECLARED;                                                    \
                if (descriptor_below(file))                                                         \
                {                                                                                   \
                    if (refused("write", &writes))                                                  \
                        return -1;                                                                  \
                    size_t taken = room(length);                                                    \
                    if (taken == 0 && length > 0) { errno = ENOSPC; return -1; }                    \
                    length = taken;                                                                 \
                }                                                                                   \
                return NEXT(#NAME) PASSED;                                                          \
            }
        WRITE(write, (int file, const void *data, size_t length), (file, data, length))
        WRITE(pwrite, (int file, const void *data, size_t length, off_t at), (file, data, length, at))
        WRITE(pwrite64, (int file, const void *data, size_t length, off_t at), (file, data, length, at))
        #define WRITE_PARTS(NAME)                                                                   \
            ssize_t NAME(int file, const struct iovec *parts, int count, off_t at)                  \
            {                                                                                       \
                return pwrite64(file, parts[0].iov_base, parts[0].iov_len, at);                     \
            }
        WRITE_PARTS(pwritev)
        WRITE_PARTS(pwritev64)
        int fsync(int file)
        {
            static int (*next)(int);
            return descriptor_below(file) && refused("fsync", &fsyncs) ? -1 : NEXT("fsync")(file);
        }
        int rename(const char *from, const char *to)
        {
            static int (*next)(const char *, const char *);
            return below(to) && refused("rename", &renames) ? -1 : NEXT("rename")(from, to);
        }
        int mkdir(const char *path, mode_t mode)
        {
            static int (*next)(const char *, mode_t);
            return below(path) && refused("mkdir", &mkdirs) ? -1 : NEXT("mkdir")(path, mode);
        }
        __attribute__((destructor)) static void tell(void)
        {
            const char *path = getenv("FAULT_COUNTS");
            FILE *file = path ? fopen(path, "w") : NULL;
            if (!file)
                return;
            fprintf(file, "open %ld\nwrite %ld\nfsync %ld\nrename %ld\nmkdir %ld\nbytes %ld\n",
                opens, writes, fsyncs, renames, mkdirs, bytes);
            fclose(file);
        }
        """;

    private readonly string _library;

    private FaultyDisk(string library) => _library = library;

    /// <summary>Compiles it; null where there is no C compiler, or no Linux.</summary>
    public static FaultyDisk? Build(string folder)
        => OperatingSystem.IsLinux()
            && CompiledLibrary.Build(folder, "libdisk.so", Source, "-ldl") is string library ? new FaultyDisk(library) : null;

    /// <summary>
    /// The environment in which nothing is refused, and a file tells how often each call was made and how many bytes were written.
    /// </summary>
    public Dictionary<string, string> Counting(string folder, string countsFile)
        => new() { ["LD_PRELOAD"] = _library, ["FAULT_FOLDER"] = folder, ["FAULT_COUNTS"] = countsFile };

    /// <summary>The environment in which the disk takes no more than so many bytes.</summary>
    public Dictionary<string, string> Full(string folder, long bytes)
        => new() { ["LD_PRELOAD"] = _library, ["FAULT_FOLDER"] = folder, ["FAULT_BYTES"] = bytes.ToString(CultureInfo.InvariantCulture) };

    /// <summary>The environment in which the n-th call of a kind is refused with that error.</summary>
    public Dictionary<string, string> Refusing(string folder, string call, long at, int errno) => new()
    {
        ["LD_PRELOAD"] = _library, ["FAULT_FOLDER"] = folder, ["FAULT_CALL"] = call,
        ["FAULT_AT"] = at.ToString(CultureInfo.InvariantCulture), ["FAULT_ERRNO"] = errno.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>What <see cref="Counting"/> has told.</summary>
    public static Dictionary<string, long> Counts(string file)
        => File.ReadAllLines(file).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
}
