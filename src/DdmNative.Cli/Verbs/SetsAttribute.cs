namespace DdmNative.Cli.Verbs;

/// <summary>
/// The field of a job that an option gives its value to, by its path (<see cref="DdmNative.Runs.Jobs.JobFields"/>), so that
/// what is wrong with the field is told by the option's name.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SetsAttribute(string path) : Attribute
{
    public string Field => path;
}
