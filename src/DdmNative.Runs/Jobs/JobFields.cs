using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace DdmNative.Runs.Jobs;

/// <summary>A field of a job that contains a value, not further fields.</summary>
/// <param name="Path">The name in messages: <c>training.batch_size</c>.</param>
/// <param name="Type">The type of its value, with <see cref="Nullable{T}"/> unwrapped.</param>
/// <param name="MayBeNull">Whether its value may be null.</param>
public sealed record JobField(string Path, Type Type, bool MayBeNull)
{
    /// <summary>Whether it is a list.</summary>
    public bool IsList => Type.IsGenericType;

    /// <summary>The type of the list's elements; the type itself if it is not a list.</summary>
    public Type ElementType => IsList ? Type.GetGenericArguments()[0] : Type;
}

/// <summary>Every field of a job, read from the records by reflection, so that no field can be missed.</summary>
public static class JobFields
{
    /// <summary>The field by which a job file names its schema; it is not part of the job.</summary>
    public const string SchemaName = "$schema";

    /// <summary>All fields, in the order of the records.</summary>
    public static IReadOnlyList<JobField> All { get; } = [.. FieldsOf(typeof(Job), "")];

    /// <summary>The default of every field; an optional section contains its defaults.</summary>
    public static JsonObject Defaults()
        => JsonSerializer.SerializeToNode(
            new Job { Data = new JobData { Source = "" }, Target = new JobTarget { File = "" }, Evaluation = new JobEvaluation(),
            Unlearning = new JobUnlearning() }, JobFile.Options)!.AsObject();

    /// <summary>The field with a path, or null.</summary>
    public static JobField? Find(string path) => All.FirstOrDefault(field => field.Path == path);

    /// <summary>A job's value of a field as JSON; also null if the field's section is missing.</summary>
    public static JsonNode? ValueOf(Job job, string path)
    {
        JsonNode? node = JsonSerializer.SerializeToNode(job, JobFile.Options);
        foreach (string name in path.Split('.'))
            node = node?[name];
        return node;
    }

    private static IEnumerable<JobField> FieldsOf(Type section, string prefix)
    {
        foreach (JsonPropertyInfo property in JobFile.Options.GetTypeInfo(section).Properties.Where(
            property => property.Name != SchemaName))
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type.Namespace == typeof(Job).Namespace)
            {
                foreach (JobField field in FieldsOf(type, $"{prefix}{property.Name}."))
                    yield return field;
            }
            else
            {
                yield return new JobField(prefix + property.Name, type, property.IsSetNullable);
            }
        }
    }
}
