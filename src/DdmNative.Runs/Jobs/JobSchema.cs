namespace DdmNative.Runs.Jobs;

/// <summary>
/// The JSON Schema (draft 2020-12) of a job file, docs/job.schema.json: for editors, and for checking jobs before they are submitted.
/// </summary>
public static class JobSchema
{
    private const string ResourceName = "job.schema.json";

    /// <summary>The schema's text.</summary>
    public static string Text
    {
        get
        {
            using var reader = new StreamReader(typeof(JobSchema).Assembly.GetManifestResourceStream(ResourceName)!);
            return reader.ReadToEnd();
        }
    }
}
