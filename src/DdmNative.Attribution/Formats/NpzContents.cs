namespace DdmNative.Attribution.Formats;

/// <summary>The arrays of one <c>.npz</c> file by name.</summary>
public sealed class NpzContents
{
    internal NpzContents(string file, IReadOnlyDictionary<string, NpyArray> arrays)
    {
        File = file;
        Arrays = arrays;
    }

    /// <summary>The file that was read.</summary>
    public string File { get; }

    /// <summary>All arrays; the names are without <c>.npy</c>.</summary>
    public IReadOnlyDictionary<string, NpyArray> Arrays { get; }

    /// <summary>The array with a name.</summary>
    /// <exception cref="BadInputException">There is none.</exception>
    public NpyArray this[string name] => Arrays.TryGetValue(name, out NpyArray? array)
        ? array
        : throw new BadInputException(File, name, $"no such array among [{string.Join(", ", Arrays.Keys)}]", "an array",
            "Check that the file is of the right kind.");

    /// <summary>The elements of the array with a name and element type, row-major.</summary>
    /// <exception cref="BadInputException">There is none, or its elements have another type.</exception>
    public T[] Elements<T>(string name)
    {
        Array data = this[name].Data;

        // Compared exactly: the runtime would accept a uint[] as an int[].
        return data.GetType() == typeof(T[])
            ? (T[])data
            : throw new BadInputException(File, name, $"dtype '{NpyType.Descr(data)}'", $"'{NpyType.Descr(Array.Empty<T>())}'",
                "Convert the array with .astype.");
    }
}
