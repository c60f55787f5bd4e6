using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace DdmNative.Runs.Jobs;

/// <summary>A field of a job that holds a value, not further fields.</summary>
/// <param name="Path">As messages name it: <c>training.batch_size</c>.</param>
/// <param name="Type">Of its value, <see cref="Nullable{T}"/> unwrapped.</param>
/// <param name="MayBeNull">Whether null is a value of it.</param>
public sealed record JobField(string Path, Type Type, bool MayBeNull)
{
    /// <summary>Whether it is a list.</summary>
    public bool IsList => Type.IsGenericType;

    /// <summary>What the list consists of; the type itself where it is no list.</summary>
    public Type ElementType => IsList ? Type.GetGenericArguments()[0] : Type;
}

/// <summary>Every field that a job has, read off the records themselves, so that whatever goes by fields cannot miss one.</summary>
public static class JobFields
{
    /// <summary>What a job file may name its schema by; no field of the job.</summary>
    public const string SchemaName = "$schema";

    /// <summary>All of them, in the order of the records.</summary>
    public static IReadOnlyList<JobField> All { get; } = [.. Of(typeof(Job), "")];

    /// <summary>Every field's default; a section that a job may go without is there as it is where nothing else is said of it.</summary>
    public static JsonObject Defaults()
        => JsonSerializer.SerializeToNode(new Job { Data = new JobData { Source = "" }, Target = new JobTarget { File = "" }, Evaluation = new JobEvaluation(), Unlearning = new JobUnlearning() }, JobFile.Options)!.AsObject();

    /// <summary>The field of that path, or null.</summary>
    public static JobField? Find(string path) => All.FirstOrDefault(field => field.Path == path);

    /// <summary>A job's value of a field as JSON; null too where the field's section is left out.</summary>
    public static JsonNode? ValueOf(Job job, string path)
    {
        JsonNode? node = JsonSerializer.SerializeToNode(job, JobFile.Options);
        foreach (string name in path.Split('.'))
            node = node?[name];
        return node;
    }

    private static IEnumerable<JobField> Of(Type section, string prefix)
    {
        foreach (JsonPropertyInfo property in JobFile.Options.GetTypeInfo(section).Properties.Where(property => property.Name != SchemaName))
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type.Namespace == typeof(Job).Namespace)
            {
                foreach (JobField field in Of(type, $"{prefix}{property.Name}."))
                    yield return field;
            }
            else
            {
                yield return new JobField(prefix + property.Name, type, property.IsSetNullable);
            }
        }
    }
}
