namespace DdmNative.Cli.Verbs;

/// <summary>
/// The path of the job field that an option sets (<see cref="DdmNative.Runs.Jobs.JobFields"/>), so that errors in the field name the
/// option.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SetsAttribute(string path) : Attribute
{
    public string Field => path;
}
