using System.Collections.Concurrent;
using DdmNative.CudaEmulator.Execution;

namespace DdmNative.CudaEmulator.Driver;

/// <summary>
/// The objects that a program knows by handles. A handle is a number that is never reused and is not a pointer, so that a wrong, stale or
/// foreign handle, or one of another kind, is detected and never dereferenced.
/// </summary>
internal static class HandleTable
{
    /// <summary>Above the special streams 1 and 2, and a multiple of 16, as a pointer to an object would be.</summary>
    private const nint First = 0x1000, Step = 16;

    private static readonly ConcurrentDictionary<nint, object> Objects = new();
    private static long _added;

    public static nint Add(object value)
    {
        nint handle = First + Step * (nint)Interlocked.Increment(ref _added);
        Objects[handle] = value;
        return handle;
    }

    public static T? Find<T>(nint handle) where T : class => Objects.GetValueOrDefault(handle) as T;

    /// <exception cref="EmulatorException">
    /// There is no such object of this kind; the code is the one that the driver has for it.
    /// </exception>
    public static T Get<T>(nint handle, CudaError otherwise = CudaError.InvalidHandle) where T : class
        => Find<T>(handle)
            ?? throw new EmulatorException(
                otherwise,
                $"0x{handle:x} is not the handle of a live "
                + typeof(T).Name.Replace("Driver", "", StringComparison.Ordinal).ToLowerInvariant());

    /// <summary>The handle of an object that has one.</summary>
    public static nint HandleOf(object value) => Objects.First(entry => ReferenceEquals(entry.Value, value)).Key;

    public static T Remove<T>(nint handle, CudaError otherwise = CudaError.InvalidHandle) where T : class
    {
        T value = Get<T>(handle, otherwise);
        Objects.TryRemove(handle, out _);
        return value;
    }

    /// <summary>Removes all objects that belong to an object that is being destroyed.</summary>
    public static void RemoveWhere(Predicate<object> belongs)
    {
        foreach ((nint handle, object value) in Objects)
        {
            if (belongs(value))
                Objects.TryRemove(handle, out _);
        }
    }
}
