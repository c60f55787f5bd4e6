namespace DdmNative.Attribution.Formats;

/// <summary>The content of one safetensors file, in the order of its data.</summary>
public sealed class SafetensorsContents
{
    internal SafetensorsContents(string file, IReadOnlyList<NamedTensor> tensors, IReadOnlyList<NamedIntegers> integers,
        IReadOnlyDictionary<string, string> metadata)
    {
        File = file;
        Tensors = tensors;
        Integers = integers;
        Metadata = metadata;
    }

    /// <summary>The file that was read.</summary>
    public string File { get; }

    /// <summary>The floating-point tensors (F16, BF16 and F64 converted to float32), all finite.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The integer tensors.</summary>
    public IReadOnlyList<NamedIntegers> Integers { get; }

    /// <summary>The file's <c>__metadata__</c>; empty if there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The names of the file's tensors that were not read.</summary>
    internal IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>The floating-point tensor with a name and shape; −1 in <paramref name="shape"/> accepts any length.</summary>
    /// <exception cref="BadInputException">There is none, or it has another shape.</exception>
    public NamedTensor Tensor(string name, params ReadOnlySpan<int> shape)
    {
        NamedTensor tensor = Tensors.FirstOrDefault(t => t.Name == name) ?? throw Missing(name, "floating-point");
        RequireShape(name, tensor.Shape, shape);
        return tensor;
    }

    /// <summary>The integer tensor with a name and shape; −1 in <paramref name="shape"/> accepts any length.</summary>
    /// <exception cref="BadInputException">There is none, or it has another shape.</exception>
    public NamedIntegers IntegerTensor(string name, params ReadOnlySpan<int> shape)
    {
        NamedIntegers tensor = Integers.FirstOrDefault(t => t.Name == name) ?? throw Missing(name, "integer");
        RequireShape(name, tensor.Shape, shape);
        return tensor;
    }

    private BadInputException Missing(string name, string kind)
    {
        string names = string.Join(", ", Tensors.Select(t => t.Name).Concat(Integers.Select(t => t.Name)));
        return new BadInputException(File, name, $"no such {kind} tensor among [{names}]", $"a {kind} tensor",
            "Check that the file is of the right kind and its names are the documented ones.");
    }

    private void RequireShape(string name, int[] found, ReadOnlySpan<int> expected)
    {
        bool same = found.Length == expected.Length;
        for (int axis = 0; same && axis < found.Length; axis++)
            same = expected[axis] == -1 || expected[axis] == found[axis];
        if (!same)
            throw new BadInputException(File, $"{name} (shape)", $"[{string.Join(", ", found)}]",
                $"[{string.Join(", ", expected.ToArray())}]",
                "Check that the file belongs to this network and this data.");
    }
}
