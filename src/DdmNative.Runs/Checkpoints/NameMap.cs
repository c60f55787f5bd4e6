using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Checkpoints;

/// <summary>
/// The user's map from a checkpoint's names to ours: a JSON object <c>{"theirs": "ours"}</c>; null skips a tensor. Names that it does not
/// list are kept.
/// </summary>
internal sealed class NameMap
{
    /// <summary>The expected form, for messages.</summary>
    public const string Form = "a JSON object {\"their.name\": \"our.name\"}; docs/interchange.md lists ours";

    private static readonly JsonSerializerOptions Strict = new() { AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _path;
    private readonly Dictionary<string, string?> _names;

    private NameMap(string path, Dictionary<string, string?> names)
    {
        _path = path;
        _names = names;
    }

    /// <exception cref="BadInputException">The file is missing or is not such an object.</exception>
    public static NameMap Read(string path)
    {
        byte[] json = InputFile.ReadAll(path);
        try
        {
            Dictionary<string, string?>? names = JsonSerializer.Deserialize<Dictionary<string, string?>>(json, Strict);
            return new NameMap(path, names ?? throw new BadInputException(path, "file", "null", "a JSON object", $"Write {Form}."));
        }
        catch (JsonException e)
        {
            throw new BadInputException(path, $"line {e.LineNumber + 1}", "not a JSON object of strings",
                "names in quotes, or null to skip a tensor", $"Write {Form}.", e);
        }
    }

    /// <summary>Whether a tensor of the file is read: all are, except those that the map skips.</summary>
    public bool Reads(string name) => !_names.TryGetValue(name, out string? ours) || ours is not null;

    /// <summary>Returns the tensors of a file that <see cref="Reads"/> accepts, under our names.</summary>
    /// <exception cref="BadInputException">The map lists a tensor that does not exist, or gives two tensors the same name.</exception>
    public IReadOnlyList<RenamedTensor> Apply(SafetensorsContents file)
    {
        HashSet<string> there = [
            .. file.Tensors.Select(tensor => tensor.Name).Concat(file.Integers.Select(tensor => tensor.Name)).Concat(file.Unread)];
        string[] absent = [.. _names.Keys.Where(name => !there.Contains(name))];
        if (absent.Length > 0)
            throw new BadInputException(_path, "names", string.Join(", ", absent.Take(NamedParameters.MostNamed)),
                $"names of tensors in {file.File}", "Correct or remove them.");
        RenamedTensor[] renamed =
        [
            .. file.Tensors.Select(tensor => (tensor, Ours: _names.TryGetValue(tensor.Name, out string? ours) ? ours : tensor.Name))
                .Select(pair => new RenamedTensor(pair.tensor with { Name = pair.Ours! }, pair.tensor.Name)),
        ];
        IGrouping<string, RenamedTensor>? twice = renamed.GroupBy(tensor => tensor.Tensor.Name)
            .FirstOrDefault(tensors => tensors.Count() > 1);
        return twice is null
            ? renamed
            : throw new BadInputException(_path, twice.Key, string.Join(" and ", twice.Select(tensor => tensor.Original)),
                "one tensor for each name", "Correct the map.");
    }
}
