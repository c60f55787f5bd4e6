using System.Reflection;
using CommandLine;
using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using DdmNative.Cli.Manual;

namespace DdmNative.Cli.Verbs;

/// <summary>
/// Where the value of each field of a verb's job comes from: an option, a variable, the job file, the run folder, or the default. Messages
/// name the field as the user wrote it there.
/// </summary>
/// <param name="verb">The verb with its options set.</param>
/// <param name="job">The complete job.</param>
/// <param name="file">The job file, or the <c>run.json</c> that contains the job; null if there is none.</param>
/// <param name="lines">The fields that the job file sets; null if the file is a <c>run.json</c>.</param>
internal sealed class JobOrigin(VerbOptions verb, Job job, string? file, JsonFieldLines? lines)
{
    /// <summary>The fields that an option, variable or job file sets, even to the default value.</summary>
    public IReadOnlySet<string> Given
        => JobFields.All.Select(known => known.Path).Where(path => OptionThatWasGiven(path) is not null
            || verb.Variables.VariableOf(path, job) is not null || lines?.Says(path) == true).ToHashSet();

    /// <summary>
    /// The field's name for a message about the command line: <c>--clusters</c>, <c>DDM_GROUPS__PER_CLASS</c>, or file and field.
    /// </summary>
    public string NameOf(string field)
    {
        (string of, string name, int? line) = Place(field);
        return name.StartsWith('$') ? $"{of}, {name}{(line is null ? "" : $", line {line}")}" : of;
    }

    /// <summary>The same, and how to fix it if this command line does not set it.</summary>
    public string RemedyFor(string field) => OptionThatWasGiven(field) is null && verb.Variables.VariableOf(field, job) is null
        && lines is null ? DescribeSetter(field) : "";

    /// <summary>Replaces the place of an error in a job by the place where the user set the field.</summary>
    public BadInputException Locate(BadInputException fault)
    {
        (string of, string name, int? line) = Place(fault.JobField!);
        string setter = fault.IsOfJob && OptionThatWasGiven(fault.JobField!) is not null ? "" : lines is null || !fault.IsOfJob
            ? DescribeSetter(fault.JobField!) : "";
        return fault.At(of, name, line, fault.Remedy + (setter.Length == 0 ? "" : $" {setter}"));
    }

    private (string File, string Field, int? Line) Place(string field)
    {
        if (OptionThatWasGiven(field) is string given)
            return ($"--{given}", field, null);
        if (verb.Variables.VariableOf(field, job) is string variable)
            return (variable, field, null);
        if (file is not null)
            return lines is null ? (file, "$.job." + field, null) : (file, "$." + field, lines[field]);
        return OptionOf(verb.GetType(), field) is string option ? ($"--{option} (its default)", field, null) : ("the default", field, null);
    }

    /// <summary>How to set a value that is not on this command line: by an option of this verb, or by the verb that has one.</summary>
    private string DescribeSetter(string field)
    {
        if (OptionOf(verb.GetType(), field) is string own)
            return $"--{own} sets it.";
        VerbDescription? other = VerbDescription.All.FirstOrDefault(candidate => OptionOf(candidate.Type, field) is not null
            && typeof(RunOptions).IsAssignableFrom(candidate.Type));
        return other is null || !typeof(RunOptions).IsAssignableFrom(verb.GetType()) ? ""
            : $"`ddm {other.Name} --{OptionOf(other.Type, field)}` sets it.";
    }

    private string? OptionThatWasGiven(string field) => Options(verb.GetType(), field).FirstOrDefault(verb.Given.Contains);

    private static string? OptionOf(Type type, string field) => Options(type, field).FirstOrDefault();

    /// <summary>The options of a verb that set a field, or the list that contains it.</summary>
    private static IEnumerable<string> Options(Type type, string field)
        => type.GetProperties().Where(property => property.GetCustomAttribute<SetsAttribute>()?.Field == field.Split('[')[0])
            .Select(property => property.GetCustomAttribute<OptionAttribute>()!.LongName);
}
