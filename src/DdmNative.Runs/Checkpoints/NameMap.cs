using System.Text.Json;
using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;

namespace DdmNative.Runs.Checkpoints;

/// <summary>The user's own map from a checkpoint's names to ours: a JSON object <c>{"theirs": "ours"}</c>; null leaves a tensor out. Names that it does not list stay as they are.</summary>
internal sealed class NameMap
{
    /// <summary>For messages.</summary>
    public const string Form = "a JSON object {\"their.name\": \"our.name\"}; docs/interchange.md lists ours";

    private static readonly JsonSerializerOptions Strict = new() { AllowDuplicateProperties = false, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _path;
    private readonly Dictionary<string, string?> _names;

    private NameMap(string path, Dictionary<string, string?> names)
    {
        _path = path;
        _names = names;
    }

    /// <exception cref="BadInputException">The file is missing or not such an object.</exception>
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
            throw new BadInputException(path, $"line {e.LineNumber + 1}", "no JSON object of texts", "names in quotes, or null to leave a tensor out", $"Write {Form}.", e);
        }
    }

    /// <summary>Whether a tensor of the file is asked for: all are but those that the map leaves out.</summary>
    public bool Reads(string name) => !_names.TryGetValue(name, out string? ours) || ours is not null;

    /// <summary>The tensors of a file, those that <see cref="Reads"/> asks for, under our names.</summary>
    /// <exception cref="BadInputException">The map lists a tensor that is not there, or gives two tensors one name.</exception>
    public IReadOnlyList<RenamedTensor> Apply(SafetensorsContents file)
    {
        HashSet<string> there = [.. file.Tensors.Select(tensor => tensor.Name).Concat(file.Integers.Select(tensor => tensor.Name)).Concat(file.Unread)];
        string[] absent = [.. _names.Keys.Where(name => !there.Contains(name))];
        if (absent.Length > 0)
            throw new BadInputException(_path, "names", string.Join(", ", absent.Take(NamedParameters.MostNamed)), $"names of tensors in {file.File}", "Correct or remove them.");
        RenamedTensor[] renamed =
        [
            .. file.Tensors.Select(tensor => (tensor, Ours: _names.TryGetValue(tensor.Name, out string? ours) ? ours : tensor.Name))
                .Select(pair => new RenamedTensor(pair.tensor with { Name = pair.Ours! }, pair.tensor.Name)),
        ];
        IGrouping<string, RenamedTensor>? twice = renamed.GroupBy(tensor => tensor.Tensor.Name).FirstOrDefault(tensors => tensors.Count() > 1);
        return twice is null
            ? renamed
            : throw new BadInputException(_path, twice.Key, string.Join(" and ", twice.Select(tensor => tensor.Original)), "one tensor for each name", "Correct the map.");
    }
}
